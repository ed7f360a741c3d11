// The 16-bit library: offsets and lengths are UTF-16 code units, as in JavaScript.
#define PCRE2_CODE_UNIT_WIDTH 16
#include <pcre2.h>

// Swift does not import the library's macros for option bits or the generic names of its functions.

#define LONGHAUL_PCRE2_OPTIONS \
    (PCRE2_ALLOW_EMPTY_CLASS | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF \
     | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_POSSESS)

/* Compiles a pattern. Unicode case folding applies only with `caseless` and `unicode`. */
static inline pcre2_code_16 *longhaul_pcre2_compile(
    const uint16_t *pattern, size_t length, int caseless, int unicode, int *error, size_t *offset) {
    uint32_t options = LONGHAUL_PCRE2_OPTIONS;
    if (caseless) options |= PCRE2_CASELESS;
    if (unicode) options |= PCRE2_UCP;
    return pcre2_compile_16(pattern, length, options, error, offset, NULL);
}

/* Creates a match context with bounds on backtracking, recursion depth and heap memory (in KiB). */
static inline pcre2_match_context_16 *longhaul_pcre2_limits(uint32_t matches, uint32_t depth, uint32_t heap) {
    pcre2_match_context_16 *context = pcre2_match_context_create_16(NULL);
    if (!context) return NULL;
    pcre2_set_match_limit_16(context, matches);
    pcre2_set_depth_limit_16(context, depth);
    pcre2_set_heap_limit_16(context, heap);
    return context;
}

/* The offset of a group that took no part in a match. */
static inline size_t longhaul_pcre2_unset(void) { return PCRE2_UNSET; }

/* True for the errors that a limit causes. */
static inline int longhaul_pcre2_is_limit(int code) {
    return code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT || code == PCRE2_ERROR_HEAPLIMIT
        || code == PCRE2_ERROR_NOMEMORY;
}
