#include <hiredis/hiredis.h>

// Accessors for unions and arrays of unknown length, which Swift imports incompletely.

static inline const char *longhaul_redis_error(const redisContext *context) { return context->errstr; }

static inline redisReply *longhaul_redis_element(const redisReply *reply, size_t index) {
    return reply->element[index];
}
