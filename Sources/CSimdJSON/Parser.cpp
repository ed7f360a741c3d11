#include "Parser.hpp"

#include <algorithm>
#include <cstring>

namespace longhaul {
namespace {

/// A parser keeps at most the memory that a text of this many bytes needs.
constexpr size_t kept_capacity = size_t{1} << 20;
constexpr size_t first_capacity = size_t{1} << 14;

/// Appends one step of a JSON Pointer (RFC 6901).
void append_step(std::string &path, std::string_view name) {
    path += '/';
    for (const char letter : name) {
        if (letter == '~') {
            path += "~0";
        } else if (letter == '/') {
            path += "~1";
        } else {
            path += letter;
        }
    }
}

}  // namespace

longhaul_json_result Parser::parse(
    const uint8_t *bytes, size_t length, uint32_t max_depth, bool is_lenient) {
    release_if_large();
    text = bytes;
    size = length;
    depth_limit = max_depth;
    lenient = is_lenient;
    cursor = 0;
    key = {};
    nodes.clear();
    frames.clear();
    path.clear();
    longhaul_json_code code = find_tokens();
    if (code == LONGHAUL_JSON_OK) { code = walk(); }
    longhaul_json_result result{};
    result.code = code;
    if (code == LONGHAUL_JSON_OK) {
        result.nodes = nodes.data();
        result.count = nodes.size();
    } else {
        result.offset = fault_offset;
    }
    if (code == LONGHAUL_JSON_DUPLICATE_KEY) {
        result.pointer = path.data();
        result.pointer_length = path.size();
    }
    return result;
}

longhaul_json_code Parser::find_tokens() {
    if (size == 0) { return fail(LONGHAUL_JSON_EMPTY, 0); }
    if (size > INT32_MAX) { return fail(LONGHAUL_JSON_TOO_LARGE, 0); }
    if (size >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF) {
        return fail(LONGHAUL_JSON_BYTE_ORDER_MARK, 0);
    }
    if (!reserve()) { return fail(LONGHAUL_JSON_NO_MEMORY, 0); }
    std::memcpy(padded.data(), text, size);
    std::memset(padded.data() + size, ' ', simdjson::SIMDJSON_PADDING);
    switch (stage.implementation->stage1(padded.data(), size, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
        tokens = stage.implementation->structural_indexes.get();
        token_count = stage.implementation->n_structural_indexes;
        return LONGHAUL_JSON_OK;
    case simdjson::EMPTY:
        return fail(LONGHAUL_JSON_ONLY_SPACE, size);
    case simdjson::MEMALLOC:
        return fail(LONGHAUL_JSON_NO_MEMORY, 0);
    default:
        const Fault fault = diagnose(text, size);
        return fail(fault.code, fault.offset);
    }
}

/// Makes room for a text of this size; false if memory runs out.
bool Parser::reserve() {
    if (size <= capacity) { return true; }
    size_t wanted = std::max(capacity, first_capacity);
    while (wanted < size) { wanted *= 2; }
    if (stage.allocate(wanted, 1) != simdjson::SUCCESS) { return false; }
    padded.resize(wanted + simdjson::SIMDJSON_PADDING);
    capacity = wanted;
    return true;
}

longhaul_json_code Parser::walk() {
    longhaul_json_code code = read_value();
    while (code == LONGHAUL_JSON_OK && !frames.empty()) { code = continue_container(); }
    if (code == LONGHAUL_JSON_OK && cursor < token_count) {
        return fail(LONGHAUL_JSON_TRAILING_CONTENT, tokens[cursor]);
    }
    return code;
}

longhaul_json_code Parser::read_value() {
    if (cursor >= token_count) { return fail(LONGHAUL_JSON_UNEXPECTED_END, size); }
    const size_t at = tokens[cursor++];
    switch (text[at]) {
    case '{': return open(true, at);
    case '[': return open(false, at);
    default: return read_scalar(at);
    }
}

longhaul_json_code Parser::open(bool is_object, size_t at) {
    if (frames.size() >= depth_limit) { return fail(LONGHAUL_JSON_TOO_DEEP, at); }
    const auto type = is_object ? LONGHAUL_JSON_OBJECT : LONGHAUL_JSON_ARRAY;
    frames.push_back({append_node(type, at, at, 0), 0, is_object});
    return LONGHAUL_JSON_OK;
}

/// Reads one more element or member of the innermost container, or its end.
longhaul_json_code Parser::continue_container() {
    Frame &frame = frames.back();
    if (cursor >= token_count) { return fail(LONGHAUL_JSON_UNEXPECTED_END, size); }
    const uint8_t closing = frame.is_object ? '}' : ']';
    const size_t at = tokens[cursor];
    if (text[at] == closing) {
        cursor += 1;
        return close(at);
    }
    if (frame.count > 0) {
        if (text[at] != ',') {
            return fail(
                frame.is_object ? LONGHAUL_JSON_EXPECTED_COMMA_OR_BRACE : LONGHAUL_JSON_EXPECTED_COMMA_OR_BRACKET,
                at);
        }
        cursor += 1;
    }
    frame.count += 1;
    if (frame.is_object) {
        const longhaul_json_code code = read_key();
        if (code != LONGHAUL_JSON_OK) { return code; }
    }
    return read_value();
}

longhaul_json_code Parser::close(size_t at) {
    const Frame frame = frames.back();
    nodes[frame.node].end = static_cast<uint32_t>(at + 1);
    nodes[frame.node].next = static_cast<uint32_t>(nodes.size());
    if (!lenient && frame.is_object && frame.count > 1) {
        const longhaul_json_code code = check_keys(frame.node);
        if (code != LONGHAUL_JSON_OK) { return code; }
    }
    frames.pop_back();
    return LONGHAUL_JSON_OK;
}

longhaul_json_code Parser::read_key() {
    if (cursor >= token_count) { return fail(LONGHAUL_JSON_UNEXPECTED_END, size); }
    const size_t at = tokens[cursor++];
    if (text[at] != '"') { return fail(LONGHAUL_JSON_EXPECTED_KEY, at); }
    const Scan scan = scan_string(text, at, size, lenient);
    if (scan.code != LONGHAUL_JSON_OK) { return fail(scan.code, scan.end); }
    key.start = static_cast<int32_t>(at + 1);
    key.end = static_cast<int32_t>(scan.end - 1);
    key.flags = scan.escaped ? LONGHAUL_JSON_KEY_ESCAPED : 0;
    const longhaul_json_code code = finish_token(scan.end);
    if (code != LONGHAUL_JSON_OK) { return code; }
    const size_t colon = peek();
    if (colon == size) { return fail(LONGHAUL_JSON_UNEXPECTED_END, size); }
    if (text[colon] != ':') { return fail(LONGHAUL_JSON_EXPECTED_COLON, colon); }
    cursor += 1;
    return LONGHAUL_JSON_OK;
}

longhaul_json_code Parser::read_scalar(size_t at) {
    Scan scan{LONGHAUL_JSON_BAD_VALUE, at};
    longhaul_json_type type = LONGHAUL_JSON_NULL;
    switch (text[at]) {
    case '"':
        type = LONGHAUL_JSON_STRING;
        scan = scan_string(text, at, size, lenient);
        break;
    case 't':
        type = LONGHAUL_JSON_TRUE;
        scan = scan_literal(text, at, size, "true");
        break;
    case 'f':
        type = LONGHAUL_JSON_FALSE;
        scan = scan_literal(text, at, size, "false");
        break;
    case 'n':
        scan = scan_literal(text, at, size, "null");
        break;
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        type = LONGHAUL_JSON_NUMBER;
        scan = scan_number(text, at, size);
        break;
    }
    if (scan.code != LONGHAUL_JSON_OK) { return fail(scan.code, scan.end); }
    const int flags = (scan.escaped ? LONGHAUL_JSON_STRING_ESCAPED : 0)
        | (scan.holds_nul ? LONGHAUL_JSON_STRING_NUL : 0);
    append_node(type, at, scan.end, static_cast<uint8_t>(flags));
    return finish_token(scan.end);
}

/// Only white space may lie between a token's end and the next token: `1x` and `truefalse` are one token
/// to the first stage.
longhaul_json_code Parser::finish_token(size_t end) {
    const size_t next = peek();
    if (end > next) { return fail(LONGHAUL_JSON_BAD_VALUE, next); }
    for (size_t at = end; at < next; at += 1) {
        if (!is_space(text[at])) { return fail(LONGHAUL_JSON_BAD_VALUE, at); }
    }
    return LONGHAUL_JSON_OK;
}

uint32_t Parser::append_node(longhaul_json_type type, size_t start, size_t end, uint8_t flags) {
    const auto index = static_cast<uint32_t>(nodes.size());
    nodes.push_back(
        {static_cast<uint32_t>(start), static_cast<uint32_t>(end), index + 1, key.start, key.end,
         static_cast<uint8_t>(type), static_cast<uint8_t>(flags | key.flags)});
    key = {};
    return index;
}

longhaul_json_code Parser::check_keys(uint32_t object) {
    const uint32_t member = duplicates.find(text, nodes, object);
    if (member == 0) { return LONGHAUL_JSON_OK; }
    describe_path(member);
    return fail(LONGHAUL_JSON_DUPLICATE_KEY, static_cast<size_t>(nodes[member].key_start) - 1);
}

/// Writes the JSON Pointer to a member of the innermost open object.
void Parser::describe_path(uint32_t member) {
    const auto append_key = [this](const longhaul_json_node &node) {
        const bool escaped = (node.flags & LONGHAUL_JSON_KEY_ESCAPED) != 0;
        append_step(path, escaped ? unescaped(raw_key(text, node)) : std::string(raw_key(text, node)));
    };
    for (size_t index = 1; index < frames.size(); index += 1) {
        const Frame &parent = frames[index - 1];
        if (parent.is_object) {
            append_key(nodes[frames[index].node]);
        } else {
            append_step(path, std::to_string(parent.count - 1));
        }
    }
    append_key(nodes[member]);
}

longhaul_json_code Parser::fail(longhaul_json_code code, size_t offset) {
    fault_offset = offset;
    return code;
}

void Parser::release_if_large() {
    if (capacity <= kept_capacity) { return; }
    stage = simdjson::dom::parser();
    capacity = 0;
    padded = {};
    nodes = {};
    frames = {};
    duplicates.release();
}

}  // namespace longhaul
