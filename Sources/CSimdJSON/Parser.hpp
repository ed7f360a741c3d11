#ifndef LONGHAUL_PARSER_HPP
#define LONGHAUL_PARSER_HPP

#include "Diagnosis.hpp"
#include "Keys.hpp"
#include "Scalars.hpp"

#include <simdjson.h>

#include <string>
#include <vector>

namespace longhaul {

/// One thread's parser. simdjson's first stage validates UTF-8 and finds where tokens begin; this class
/// walks those tokens, checks the whole grammar, and lists the values.
///
/// simdjson's own readers are not sufficient: its tree (DOM) refuses numbers beyond a double, and On-Demand skips values
/// that are not read. Neither finds a repeated key.
class Parser {
public:
    /// Parses one document; the answer's pointers stay valid until the next call.
    longhaul_json_result parse(
        const uint8_t *bytes, size_t length, uint32_t max_depth, bool is_lenient);

private:
    /// An open array or object.
    struct Frame {
        uint32_t node;
        uint32_t count;
        bool is_object;
    };
    /// The key before a member's value.
    struct MemberKey {
        int32_t start = -1;
        int32_t end = -1;
        uint8_t flags = 0;
    };

    longhaul_json_code find_tokens();
    bool reserve();
    longhaul_json_code walk();
    longhaul_json_code read_value();
    longhaul_json_code open(bool is_object, size_t at);
    longhaul_json_code close(size_t at);
    longhaul_json_code continue_container();
    longhaul_json_code read_key();
    longhaul_json_code read_scalar(size_t at);
    longhaul_json_code finish_token(size_t end);
    longhaul_json_code check_keys(uint32_t object);
    longhaul_json_code fail(longhaul_json_code code, size_t offset);
    uint32_t append_node(longhaul_json_type type, size_t start, size_t end, uint8_t flags);
    void describe_path(uint32_t member);
    void release_if_large();

    /// The offset of the next token, or the length of the text after the last token.
    size_t peek() const { return cursor < token_count ? tokens[cursor] : size; }

    simdjson::dom::parser stage;
    size_t capacity = 0;
    /// A copy of the text, followed by the bytes that simdjson may read past its end.
    std::vector<uint8_t> padded;
    std::vector<longhaul_json_node> nodes;
    std::vector<Frame> frames;
    DuplicateKeys duplicates;
    std::string path;

    const uint8_t *text = nullptr;
    size_t size = 0;
    const uint32_t *tokens = nullptr;
    size_t token_count = 0;
    size_t cursor = 0;
    uint32_t depth_limit = 0;
    bool lenient = false;
    MemberKey key;
    size_t fault_offset = 0;
};

}  // namespace longhaul

#endif
