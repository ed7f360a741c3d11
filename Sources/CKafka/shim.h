#include <librdkafka/rdkafka.h>
#include <sys/eventfd.h>

// Macros with casts, which Swift does not import.

static const int32_t longhaul_kafka_any_partition = RD_KAFKA_PARTITION_UA;
static const int64_t longhaul_kafka_end = RD_KAFKA_OFFSET_END;
static const int64_t longhaul_kafka_beginning = RD_KAFKA_OFFSET_BEGINNING;

/* One partition of a list, which Swift imports as a pointer to the first one. */
static inline rd_kafka_topic_partition_t *longhaul_kafka_partition(
    const rd_kafka_topic_partition_list_t *list, int index) {
    return &list->elems[index];
}

/* An event counter that never blocks; -1 if the process has no descriptor left. */
static inline int longhaul_kafka_signal(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
