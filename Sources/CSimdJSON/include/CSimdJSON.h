#ifndef LONGHAUL_CSIMDJSON_H
#define LONGHAUL_CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The kind of a JSON value.
typedef enum {
    LONGHAUL_JSON_OBJECT = 0,
    LONGHAUL_JSON_ARRAY = 1,
    LONGHAUL_JSON_STRING = 2,
    LONGHAUL_JSON_NUMBER = 3,
    LONGHAUL_JSON_TRUE = 4,
    LONGHAUL_JSON_FALSE = 5,
    LONGHAUL_JSON_NULL = 6
} longhaul_json_type;

/// Bits of `flags` about the spelling of a string or a key.
enum {
    /// The string holds at least one backslash escape.
    LONGHAUL_JSON_STRING_ESCAPED = 1,
    /// The string holds U+0000, written as an escape.
    LONGHAUL_JSON_STRING_NUL = 2,
    /// The key holds at least one backslash escape.
    LONGHAUL_JSON_KEY_ESCAPED = 4
};

/// One value of a document. Nodes lie in document order: a container's children follow it, and `next`
/// jumps over them. Offsets count bytes from the start of the text.
typedef struct {
    /// First byte of the value, its quote or bracket included.
    uint32_t start;
    /// The byte after the value.
    uint32_t end;
    /// Index of the node after this value and everything inside it.
    uint32_t next;
    /// First byte of the key without its quote, or -1 when the value is not a member of an object.
    int32_t key_start;
    /// The byte after the key, without its quote, or -1.
    int32_t key_end;
    /// A `longhaul_json_type`.
    uint8_t type;
    /// `LONGHAUL_JSON_STRING_ESCAPED` and the other flags.
    uint8_t flags;
} longhaul_json_node;

/// Why a text is not one valid JSON document.
typedef enum {
    LONGHAUL_JSON_OK = 0,
    LONGHAUL_JSON_EMPTY,
    LONGHAUL_JSON_ONLY_SPACE,
    LONGHAUL_JSON_BYTE_ORDER_MARK,
    LONGHAUL_JSON_INVALID_UTF8,
    LONGHAUL_JSON_CONTROL_CHARACTER,
    LONGHAUL_JSON_UNCLOSED_STRING,
    LONGHAUL_JSON_BAD_ESCAPE,
    LONGHAUL_JSON_LONE_SURROGATE,
    LONGHAUL_JSON_BAD_NUMBER,
    LONGHAUL_JSON_BAD_VALUE,
    LONGHAUL_JSON_EXPECTED_KEY,
    LONGHAUL_JSON_EXPECTED_COLON,
    LONGHAUL_JSON_EXPECTED_COMMA_OR_BRACE,
    LONGHAUL_JSON_EXPECTED_COMMA_OR_BRACKET,
    LONGHAUL_JSON_UNEXPECTED_END,
    LONGHAUL_JSON_TRAILING_CONTENT,
    LONGHAUL_JSON_TOO_DEEP,
    LONGHAUL_JSON_DUPLICATE_KEY,
    LONGHAUL_JSON_TOO_LARGE,
    LONGHAUL_JSON_NO_MEMORY
} longhaul_json_code;

/// The result of a parse. The memory of its pointers belongs to the calling thread's parser and stays valid until that
/// thread parses again.
typedef struct {
    longhaul_json_code code;
    /// The byte where the error was found; the text's length when the text ends too early.
    size_t offset;
    /// All nodes, the document's root first; null after an error.
    const longhaul_json_node *nodes;
    size_t count;
    /// After `LONGHAUL_JSON_DUPLICATE_KEY`, the JSON Pointer to the repeated key; otherwise null.
    const char *pointer;
    size_t pointer_length;
} longhaul_json_result;

/// Parses and validates one whole document of at most 2^31 - 1 bytes. Nothing is read beyond `length`.
/// Arrays and objects may nest `max_depth` deep. A lenient parse accepts repeated keys and escaped surrogates without
/// their other half, which read as U+FFFD: JSON from other systems holds both.
longhaul_json_result longhaul_json_parse(
    const uint8_t *text, size_t length, uint32_t max_depth, bool is_lenient);

/// Writes the unescaped form of a string's inside, which must have been parsed, to `target`, which must hold
/// `length` bytes; an unescaped string is never longer. Returns the bytes written.
size_t longhaul_json_unescape(const uint8_t *source, size_t length, uint8_t *target);

/// The offset of the first byte that is not well-formed UTF-8, or `length` if all is.
size_t longhaul_json_first_invalid_utf8(const uint8_t *text, size_t length);

#ifdef __cplusplus
}
#endif
#endif
