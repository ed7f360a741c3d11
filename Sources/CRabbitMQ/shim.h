#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <string.h>

// Wrappers of variadic functions, unions and macros, which Swift does not import.

static inline amqp_rpc_reply_t longhaul_amqp_login(
    amqp_connection_state_t connection, const char *vhost, int heartbeat, const char *user, const char *password) {
    return amqp_login(
        connection, vhost, 0, AMQP_DEFAULT_FRAME_SIZE, heartbeat, AMQP_SASL_METHOD_PLAIN, user, password);
}

/* Declares a durable fan-out exchange. */
static inline int longhaul_amqp_declare_fanout(
    amqp_connection_state_t connection, amqp_channel_t channel, const char *name) {
    return amqp_exchange_declare(
               connection, channel, amqp_cstring_bytes(name), amqp_cstring_bytes("fanout"), 0, 1, 0, 0, amqp_empty_table)
        != NULL;
}

/* The code and the text of a broker's exception. The text has no terminating zero. */
static inline int longhaul_amqp_exception(const amqp_rpc_reply_t *reply, amqp_bytes_t *text) {
    if (reply->reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const amqp_connection_close_t *close = (const amqp_connection_close_t *)reply->reply.decoded;
        *text = close->reply_text;
        return close->reply_code;
    }
    if (reply->reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        const amqp_channel_close_t *close = (const amqp_channel_close_t *)reply->reply.decoded;
        *text = close->reply_text;
        return close->reply_code;
    }
    *text = amqp_empty_bytes;
    return 0;
}

/* Declares a durable queue; a quorum queue if `quorum`. Returns the number of its messages, or -1. */
static inline int64_t longhaul_amqp_declare(
    amqp_connection_state_t connection, amqp_channel_t channel, const char *name, int quorum) {
    amqp_table_entry_t entry;
    entry.key = amqp_cstring_bytes("x-queue-type");
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = amqp_cstring_bytes("quorum");
    amqp_table_t arguments = {.num_entries = quorum ? 1 : 0, .entries = &entry};
    amqp_queue_declare_ok_t *answer = amqp_queue_declare(
        connection, channel, amqp_cstring_bytes(name), 0, 1, 0, 0, arguments);
    return answer ? (int64_t)answer->message_count : -1;
}

/* Publishes a message. With `mandatory` it is persistent, and the queue must exist. */
static inline int longhaul_amqp_publish(
    amqp_connection_state_t connection, amqp_channel_t channel, const char *exchange, const char *key,
    int mandatory, const void *body, size_t length) {
    amqp_basic_properties_t properties;
    memset(&properties, 0, sizeof properties);
    properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG;
    properties.delivery_mode = mandatory ? AMQP_DELIVERY_PERSISTENT : AMQP_DELIVERY_NONPERSISTENT;
    properties.content_type = amqp_cstring_bytes("text/plain");
    amqp_bytes_t bytes = {.len = length, .bytes = (void *)body};
    return amqp_basic_publish(
        connection, channel, amqp_cstring_bytes(exchange), amqp_cstring_bytes(key), mandatory, 0, &properties,
        bytes);
}

/* Requests one message of a queue, without waiting for the answer. */
static inline int longhaul_amqp_send_get(amqp_connection_state_t connection, amqp_channel_t channel, const char *queue) {
    amqp_basic_get_t get = {.ticket = 0, .queue = amqp_cstring_bytes(queue), .no_ack = 0};
    return amqp_send_method(connection, channel, AMQP_BASIC_GET_METHOD, &get);
}

/* Starts a consumer of a queue with a prefetch limit. */
static inline int longhaul_amqp_consume(
    amqp_connection_state_t connection, amqp_channel_t channel, const char *queue, const char *consumer,
    uint16_t limit) {
    return amqp_basic_qos(connection, channel, 0, limit, 0)
        && amqp_basic_consume(
               connection, channel, amqp_cstring_bytes(queue), amqp_cstring_bytes(consumer), 0, 0, 0,
               amqp_empty_table);
}

/* Cancels the consumer. */
static inline int longhaul_amqp_cancel(
    amqp_connection_state_t connection, amqp_channel_t channel, const char *consumer) {
    return amqp_basic_cancel(connection, channel, amqp_cstring_bytes(consumer)) != NULL;
}

/* The delivery tag of a frame that begins a message of a get or of a consumer. */
static inline uint64_t longhaul_amqp_tag(const amqp_frame_t *frame) {
    return frame->payload.method.id == AMQP_BASIC_DELIVER_METHOD
        ? ((const amqp_basic_deliver_t *)frame->payload.method.decoded)->delivery_tag
        : ((const amqp_basic_get_ok_t *)frame->payload.method.decoded)->delivery_tag;
}

/* The method of a frame, 0 for any other frame. */
static inline uint32_t longhaul_amqp_method(const amqp_frame_t *frame) {
    return frame->frame_type == AMQP_FRAME_METHOD ? frame->payload.method.id : 0;
}

/* The length of the message whose header this frame is; -1 for any other frame. */
static inline int64_t longhaul_amqp_body_size(const amqp_frame_t *frame) {
    return frame->frame_type == AMQP_FRAME_HEADER ? (int64_t)frame->payload.properties.body_size : -1;
}

/* The part of a message's body in this frame; empty for any other frame. */
static inline amqp_bytes_t longhaul_amqp_body(const amqp_frame_t *frame) {
    return frame->frame_type == AMQP_FRAME_BODY ? frame->payload.body_fragment : amqp_empty_bytes;
}

/* Subscribes to a fan-out exchange with an exclusive queue of this connection. */
static inline int longhaul_amqp_listen(
    amqp_connection_state_t connection, amqp_channel_t channel, const char *exchange) {
    amqp_queue_declare_ok_t *own =
        amqp_queue_declare(connection, channel, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
    if (!own) return 0;
    amqp_bytes_t name = amqp_bytes_malloc_dup(own->queue);
    int done = amqp_queue_bind(
                   connection, channel, name, amqp_cstring_bytes(exchange), amqp_empty_bytes, amqp_empty_table)
        && amqp_basic_consume(
                   connection, channel, name, amqp_empty_bytes, 0, 1, 1, amqp_empty_table);
    amqp_bytes_free(name);
    return done;
}

/* The method of a frame, 0 for any other frame. Also sets the delivery tag and `multiple` of a confirmation. */
static inline uint32_t longhaul_amqp_confirmation(const amqp_frame_t *frame, uint64_t *tag, int *multiple) {
    if (frame->frame_type != AMQP_FRAME_METHOD) return 0;
    if (frame->payload.method.id == AMQP_BASIC_ACK_METHOD) {
        const amqp_basic_ack_t *ack = (const amqp_basic_ack_t *)frame->payload.method.decoded;
        *tag = ack->delivery_tag;
        *multiple = ack->multiple;
    } else if (frame->payload.method.id == AMQP_BASIC_NACK_METHOD) {
        const amqp_basic_nack_t *nack = (const amqp_basic_nack_t *)frame->payload.method.decoded;
        *tag = nack->delivery_tag;
        *multiple = nack->multiple;
    }
    return frame->payload.method.id;
}
