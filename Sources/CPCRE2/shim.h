// The 16-bit library: offsets and lengths are UTF-16 code units, as in JavaScript.
#define PCRE2_CODE_UNIT_WIDTH 16
#include <pcre2.h>
#include <time.h>

// Swift does not import the library's macros for option bits or the generic names of its functions.

/* Maximum nesting of parentheses in a pattern. */
#define LONGHAUL_PCRE2_MAX_NESTING 100

#define LONGHAUL_PCRE2_OPTIONS \
    (PCRE2_ALLOW_EMPTY_CLASS | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF \
     | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_POSSESS)

/* Compiles a pattern. Unicode case folding applies only with `caseless` and `unicode`. */
static inline pcre2_code_16 *longhaul_pcre2_compile(
    const uint16_t *pattern, size_t length, int caseless, int unicode, int *error, size_t *offset) {
    uint32_t options = LONGHAUL_PCRE2_OPTIONS;
    if (caseless) options |= PCRE2_CASELESS;
    if (unicode) options |= PCRE2_UCP;
    pcre2_compile_context_16 *context = pcre2_compile_context_create_16(NULL);
    if (!context) {
        *error = PCRE2_ERROR_NOMEMORY;
        return NULL;
    }
    /* The compiler recurses once for each level of parentheses. */
    pcre2_set_parens_nest_limit_16(context, LONGHAUL_PCRE2_MAX_NESTING);
    pcre2_code_16 *code = pcre2_compile_16(pattern, length, options, error, offset, context);
    pcre2_compile_context_free_16(context);
    return code;
}

/* Bounds on one match. */
struct longhaul_pcre2_limits {
    uint32_t steps;    /* Backtracking steps from one start position. */
    uint32_t depth;    /* Nested backtracking. */
    uint32_t heap;     /* Memory in KiB. */
    uint64_t deadline; /* The end of the match, in nanoseconds of the monotonic clock. */
};

/* The clock of one match. */
struct longhaul_pcre2_clock {
    uint64_t deadline;
    uint64_t work; /* Estimated work since the last look at the clock. */
    uint64_t work_per_callout;
};

/* Runs at each callout in a pattern; ends the match after the deadline. */
static inline int longhaul_pcre2_callout(pcre2_callout_block_16 *block, void *data) {
    (void)block;
    struct longhaul_pcre2_clock *clock = (struct longhaul_pcre2_clock *)data;
    clock->work += clock->work_per_callout;
    if (clock->work < 4096) return 0;
    clock->work = 0;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec > clock->deadline ? PCRE2_ERROR_CALLOUT : 0;
}

/* Matches within bounds. The pattern has callouts, at which the clock is checked. */
static inline int longhaul_pcre2_match(
    const pcre2_code_16 *code, const uint16_t *subject, size_t length, size_t offset, pcre2_match_data_16 *data,
    struct longhaul_pcre2_limits limits) {
    pcre2_match_context_16 *context = pcre2_match_context_create_16(NULL);
    if (!context) return PCRE2_ERROR_NOMEMORY;
    /* Between two callouts, the matcher may read the whole subject some times. */
    struct longhaul_pcre2_clock clock = {limits.deadline, 0, 1 + length / 256};
    pcre2_set_match_limit_16(context, limits.steps);
    pcre2_set_depth_limit_16(context, limits.depth);
    pcre2_set_heap_limit_16(context, limits.heap);
    pcre2_set_callout_16(context, longhaul_pcre2_callout, &clock);
    int result = pcre2_match_16(code, subject, length, offset, 0, data, context);
    pcre2_match_context_free_16(context);
    return result;
}

/* The offset of a group that took no part in a match. */
static inline size_t longhaul_pcre2_unset(void) { return PCRE2_UNSET; }

/* True for the error of a match that passed its deadline. */
static inline int longhaul_pcre2_is_timeout(int code) { return code == PCRE2_ERROR_CALLOUT; }

/* True for the errors that a limit causes. */
static inline int longhaul_pcre2_is_limit(int code) {
    return code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT || code == PCRE2_ERROR_HEAPLIMIT
        || code == PCRE2_ERROR_NOMEMORY;
}
