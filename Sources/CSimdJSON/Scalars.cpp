#include "Scalars.hpp"

#include <cstring>

namespace longhaul {
namespace {

/// True if any of the eight bytes is a quote or a backslash.
bool holds_special(uint64_t word) {
    constexpr uint64_t ones = 0x0101010101010101ULL;
    constexpr uint64_t highs = 0x8080808080808080ULL;
    const uint64_t quote = word ^ (ones * '"');
    const uint64_t backslash = word ^ (ones * '\\');
    return ((((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & highs) != 0;
}

/// The first quote or backslash at or after `at`, or `limit`.
size_t find_special(const uint8_t *text, size_t at, size_t limit) {
    while (at + 8 <= limit) {
        uint64_t word;
        std::memcpy(&word, text + at, sizeof word);
        if (holds_special(word)) { break; }
        at += 8;
    }
    while (at < limit && text[at] != '"' && text[at] != '\\') { at += 1; }
    return at;
}

int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') { return byte - '0'; }
    const uint8_t lower = byte | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The four hexadecimal digits at `at`, or -1.
int32_t code_unit(const uint8_t *text, size_t at, size_t limit) {
    if (limit - at < 4) { return -1; }
    int32_t unit = 0;
    for (size_t index = at; index < at + 4; index += 1) {
        const int digit = hex_digit(text[index]);
        if (digit < 0) { return -1; }
        unit = unit * 16 + digit;
    }
    return unit;
}

bool is_high_surrogate(int32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(int32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// Whether a low surrogate is escaped at `at`.
bool is_low_surrogate_escape(const uint8_t *text, size_t at, size_t limit) {
    return limit - at >= 6 && text[at] == '\\' && text[at + 1] == 'u'
        && is_low_surrogate(code_unit(text, at + 2, limit));
}

/// Scans the `\u` escape whose backslash is at `at`; a pair of surrogates is one escape. A lenient scan takes half a
/// pair as an escape of its own.
Scan scan_unicode_escape(const uint8_t *text, size_t at, size_t limit, bool lenient) {
    const int32_t unit = code_unit(text, at + 2, limit);
    if (unit < 0) { return {LONGHAUL_JSON_BAD_ESCAPE, at}; }
    if (is_high_surrogate(unit) && is_low_surrogate_escape(text, at + 6, limit)) {
        return {LONGHAUL_JSON_OK, at + 12, true};
    }
    const bool half = is_high_surrogate(unit) || is_low_surrogate(unit);
    if (half && !lenient) { return {LONGHAUL_JSON_LONE_SURROGATE, at}; }
    return {LONGHAUL_JSON_OK, at + 6, true, unit == 0};
}

/// Scans the escape whose backslash is at `at`.
Scan scan_escape(const uint8_t *text, size_t at, size_t limit, bool lenient) {
    if (at + 1 >= limit) { return {LONGHAUL_JSON_UNCLOSED_STRING, at}; }
    switch (text[at + 1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        return {LONGHAUL_JSON_OK, at + 2, true};
    case 'u':
        return scan_unicode_escape(text, at, limit, lenient);
    default:
        return {LONGHAUL_JSON_BAD_ESCAPE, at};
    }
}

size_t skip_digits(const uint8_t *text, size_t at, size_t limit) {
    while (at < limit && text[at] >= '0' && text[at] <= '9') { at += 1; }
    return at;
}

uint8_t *append_utf8(uint32_t scalar, uint8_t *target) {
    if (scalar < 0x80) {
        *target++ = static_cast<uint8_t>(scalar);
        return target;
    }
    if (scalar < 0x800) {
        *target++ = static_cast<uint8_t>(0xC0 | (scalar >> 6));
    } else {
        if (scalar < 0x10000) {
            *target++ = static_cast<uint8_t>(0xE0 | (scalar >> 12));
        } else {
            *target++ = static_cast<uint8_t>(0xF0 | (scalar >> 18));
            *target++ = static_cast<uint8_t>(0x80 | ((scalar >> 12) & 0x3F));
        }
        *target++ = static_cast<uint8_t>(0x80 | ((scalar >> 6) & 0x3F));
    }
    *target++ = static_cast<uint8_t>(0x80 | (scalar & 0x3F));
    return target;
}

uint8_t plain_escape(uint8_t letter) {
    switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return letter;
    }
}

}  // namespace

Scan scan_string(const uint8_t *text, size_t start, size_t limit, bool lenient) {
    Scan result{LONGHAUL_JSON_OK, start + 1};
    for (;;) {
        const size_t at = find_special(text, result.end, limit);
        if (at >= limit) { return {LONGHAUL_JSON_UNCLOSED_STRING, start}; }
        if (text[at] == '"') {
            result.end = at + 1;
            return result;
        }
        const Scan escape = scan_escape(text, at, limit, lenient);
        if (escape.code != LONGHAUL_JSON_OK) { return escape; }
        result.end = escape.end;
        result.escaped = true;
        result.holds_nul |= escape.holds_nul;
    }
}

Scan scan_number(const uint8_t *text, size_t start, size_t limit) {
    size_t at = start + (text[start] == '-' ? 1 : 0);
    const size_t whole = at;
    at = skip_digits(text, at, limit);
    const bool leading_zero = at - whole > 1 && text[whole] == '0';
    if (at == whole || leading_zero) { return {LONGHAUL_JSON_BAD_NUMBER, start}; }
    if (at < limit && text[at] == '.') {
        const size_t fraction = at + 1;
        at = skip_digits(text, fraction, limit);
        if (at == fraction) { return {LONGHAUL_JSON_BAD_NUMBER, start}; }
    }
    if (at < limit && (text[at] == 'e' || text[at] == 'E')) {
        at += 1;
        if (at < limit && (text[at] == '+' || text[at] == '-')) { at += 1; }
        const size_t exponent = at;
        at = skip_digits(text, exponent, limit);
        if (at == exponent) { return {LONGHAUL_JSON_BAD_NUMBER, start}; }
    }
    return {LONGHAUL_JSON_OK, at};
}

Scan scan_literal(const uint8_t *text, size_t start, size_t limit, std::string_view word) {
    const bool same = limit - start >= word.size() && std::memcmp(text + start, word.data(), word.size()) == 0;
    if (!same) { return {LONGHAUL_JSON_BAD_VALUE, start}; }
    return {LONGHAUL_JSON_OK, start + word.size()};
}

std::string unescaped(std::string_view raw) {
    std::string result(raw.size(), '\0');
    result.resize(longhaul_json_unescape(
        reinterpret_cast<const uint8_t *>(raw.data()), raw.size(),
        reinterpret_cast<uint8_t *>(result.data())));
    return result;
}

}  // namespace longhaul

extern "C" size_t longhaul_json_unescape(const uint8_t *source, size_t length, uint8_t *target) {
    using namespace longhaul;
    uint8_t *out = target;
    size_t at = 0;
    while (at < length) {
        if (source[at] != '\\') {
            *out++ = source[at++];
        } else if (source[at + 1] != 'u') {
            *out++ = plain_escape(source[at + 1]);
            at += 2;
        } else {
            uint32_t scalar = static_cast<uint32_t>(code_unit(source, at + 2, length));
            at += 6;
            if (is_high_surrogate(static_cast<int32_t>(scalar)) && is_low_surrogate_escape(source, at, length)) {
                const uint32_t low = static_cast<uint32_t>(code_unit(source, at + 2, length));
                scalar = 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00);
                at += 6;
            } else if (scalar >= 0xD800 && scalar <= 0xDFFF) {
                scalar = 0xFFFD;
            }
            out = append_utf8(scalar, out);
        }
    }
    return static_cast<size_t>(out - target);
}
