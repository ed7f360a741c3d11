#ifndef LONGHAUL_DIAGNOSIS_HPP
#define LONGHAUL_DIAGNOSIS_HPP

#include "CSimdJSON.h"

namespace longhaul {

/// An error and its offset.
struct Fault {
    longhaul_json_code code;
    size_t offset;
};

/// Finds, byte by byte, the error in a text that simdjson's first stage refused without an offset:
/// invalid UTF-8, a bare control character inside a string, or a string without an end.
Fault diagnose(const uint8_t *text, size_t length);

}  // namespace longhaul

#endif
