#include "CSimdJSON.h"

#include "Parser.hpp"

#include <exception>

extern "C" longhaul_json_result longhaul_json_parse(
    const uint8_t *text, size_t length, uint32_t max_depth, bool is_lenient) {
    try {
        // One parser per thread needs no lock, and no allocation once it has grown.
        thread_local longhaul::Parser parser;
        return parser.parse(text, length, max_depth, is_lenient);
    } catch (const std::exception &) {
        // The only possible failure is out of memory, and no exception may reach Swift.
        longhaul_json_result result{};
        result.code = LONGHAUL_JSON_NO_MEMORY;
        return result;
    }
}
