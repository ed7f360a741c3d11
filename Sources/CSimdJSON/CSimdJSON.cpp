#include "CSimdJSON.h"

#include "Parser.hpp"

#include <exception>

extern "C" longhaul_json_result longhaul_json_parse(
    const uint8_t *text, size_t length, uint32_t max_depth, bool is_lenient) {
    try {
        // One parser a thread: no lock, and no allocation once it has grown.
        thread_local longhaul::Parser parser;
        return parser.parse(text, length, max_depth, is_lenient);
    } catch (const std::exception &) {
        // Only memory can run out here, and no exception may cross into Swift.
        longhaul_json_result result{};
        result.code = LONGHAUL_JSON_NO_MEMORY;
        return result;
    }
}
