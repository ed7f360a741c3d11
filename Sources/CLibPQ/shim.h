#include <libpq-fe.h>
#include <sys/eventfd.h>

// A descriptor that becomes readable when it is written to.
static inline int longhaul_pq_make_waker(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}
