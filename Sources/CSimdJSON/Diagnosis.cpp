#include "Diagnosis.hpp"

namespace longhaul {
namespace {

bool is_continuation(const uint8_t *text, size_t at, size_t length) {
    return at < length && (text[at] & 0xC0) == 0x80;
}

/// The length of the well-formed UTF-8 sequence at `at`, or 0.
size_t sequence_length(const uint8_t *text, size_t at, size_t length) {
    const uint8_t lead = text[at];
    if (lead < 0x80) { return 1; }
    if (lead < 0xC2 || lead > 0xF4 || !is_continuation(text, at + 1, length)) { return 0; }
    if (lead < 0xE0) { return 2; }
    const uint8_t second = text[at + 1];
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second >= 0xA0;
    const bool beyond = lead == 0xF4 && second >= 0x90;
    if (overlong || surrogate || beyond || !is_continuation(text, at + 2, length)) { return 0; }
    if (lead < 0xF0) { return 3; }
    return is_continuation(text, at + 3, length) ? 4 : 0;
}

/// The error of the string whose quote is at `start`, or its end with `LONGHAUL_JSON_OK`.
Fault string_fault(const uint8_t *text, size_t start, size_t length) {
    size_t at = start + 1;
    while (at < length) {
        if (text[at] == '"') { return {LONGHAUL_JSON_OK, at + 1}; }
        if (text[at] < 0x20) { return {LONGHAUL_JSON_CONTROL_CHARACTER, at}; }
        const bool escape = text[at] == '\\' && at + 1 < length && text[at + 1] >= 0x20;
        at += escape ? 2 : 1;
    }
    return {LONGHAUL_JSON_UNCLOSED_STRING, start};
}

}  // namespace

Fault diagnose(const uint8_t *text, size_t length) {
    const size_t invalid = longhaul_json_first_invalid_utf8(text, length);
    if (invalid < length) { return {LONGHAUL_JSON_INVALID_UTF8, invalid}; }
    size_t at = 0;
    while (at < length) {
        if (text[at] != '"') {
            at += 1;
            continue;
        }
        const Fault fault = string_fault(text, at, length);
        if (fault.code != LONGHAUL_JSON_OK) { return fault; }
        at = fault.offset;
    }
    // The first stage refused the text for a reason that this scan does not find.
    return {LONGHAUL_JSON_BAD_VALUE, 0};
}

}  // namespace longhaul

extern "C" size_t longhaul_json_first_invalid_utf8(const uint8_t *text, size_t length) {
    size_t at = 0;
    while (at < length) {
        const size_t step = longhaul::sequence_length(text, at, length);
        if (step == 0) { return at; }
        at += step;
    }
    return length;
}
