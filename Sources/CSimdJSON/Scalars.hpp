#ifndef LONGHAUL_SCALARS_HPP
#define LONGHAUL_SCALARS_HPP

#include "CSimdJSON.h"

#include <string>
#include <string_view>

namespace longhaul {

/// The end of a scanned token, or the error that stopped the scan.
struct Scan {
    longhaul_json_code code;
    /// The byte after the token; after an error, the byte of the error.
    size_t end;
    bool escaped = false;
    bool holds_nul = false;
};

/// Scans the string whose opening quote is at `start`. A lenient scan accepts half a pair of surrogates.
Scan scan_string(const uint8_t *text, size_t start, size_t limit, bool lenient);

/// Scans the number that begins at `start`, of any size.
Scan scan_number(const uint8_t *text, size_t start, size_t limit);

/// Scans the literal `word` at `start`.
Scan scan_literal(const uint8_t *text, size_t start, size_t limit, std::string_view word);

/// The unescaped text of a key, for comparisons.
std::string unescaped(std::string_view raw);

/// White space as JSON defines it.
inline bool is_space(uint8_t byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

}  // namespace longhaul

#endif
