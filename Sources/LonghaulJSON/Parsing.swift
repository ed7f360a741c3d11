import CSimdJSON

/// Calls the C parser, and converts its errors to messages.
enum Parsing {
    /// All values of the document, in document order.
    static func nodes(
        of bytes: [UInt8], maxDepth: Int, isLenient: Bool = false
    ) throws(JSONError) -> [longhaul_json_node] {
        let outcome = parse(bytes, maxDepth: maxDepth, isLenient: isLenient) { Array($0) }
        return try outcome.get()
    }

    /// The range of the document's value.
    static func root(of bytes: [UInt8], maxDepth: Int) throws(JSONError) -> Range<Int> {
        let outcome = parse(bytes, maxDepth: maxDepth) { Int($0[0].start)..<Int($0[0].end) }
        return try outcome.get()
    }

    /// The position of the first byte that is not well-formed UTF-8; the length of the text if there is none.
    static func firstInvalidUTF8(in bytes: [UInt8]) -> Int {
        bytes.withUnsafeBufferPointer { longhaul_json_first_invalid_utf8($0.baseAddress, $0.count) }
    }

    /// The parser's result is valid until the next parse on this thread. Therefore `body` must copy what it needs.
    private static func parse<Result>(
        _ bytes: [UInt8], maxDepth: Int, isLenient: Bool = false,
        _ body: (UnsafeBufferPointer<longhaul_json_node>) -> Result
    ) -> Swift.Result<Result, JSONError> {
        bytes.withUnsafeBufferPointer { buffer in
            let answer = longhaul_json_parse(
                buffer.baseAddress, buffer.count, UInt32(clamping: maxDepth), isLenient)
            guard answer.code == LONGHAUL_JSON_OK else {
                return .failure(error(of: answer, in: buffer, maxDepth: maxDepth))
            }
            return .success(body(UnsafeBufferPointer(start: answer.nodes, count: answer.count)))
        }
    }

    private static func error(
        of answer: longhaul_json_result, in bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int
    ) -> JSONError {
        let offset = answer.offset
        switch answer.code {
        case LONGHAUL_JSON_EMPTY:
            return JSONError(message: "empty, expected a JSON value", offset: 0)
        case LONGHAUL_JSON_ONLY_SPACE:
            return JSONError(message: "only white space, expected a JSON value", offset: offset)
        case LONGHAUL_JSON_BYTE_ORDER_MARK:
            return JSONError(message: "begins with a byte order mark, which JSON forbids", offset: 0)
        case LONGHAUL_JSON_TOO_DEEP:
            return JSONError(message: "nested more than \(maxDepth) deep", offset: offset)
        case LONGHAUL_JSON_UNEXPECTED_END:
            return JSONError(message: "ends too early, at byte \(offset)", offset: offset)
        case LONGHAUL_JSON_DUPLICATE_KEY:
            return duplicateKey(answer)
        case LONGHAUL_JSON_TOO_LARGE:
            return JSONError(message: "longer than 2147483647 bytes")
        case LONGHAUL_JSON_NO_MEMORY:
            return JSONError(message: "not enough memory to read the document")
        default:
            return JSONError(message: "\(phrase(answer.code)) at byte \(offset)", offset: offset)
        }
    }

    /// The messages of errors that have only a position.
    private static func phrase(_ code: longhaul_json_code) -> String {
        switch code {
        case LONGHAUL_JSON_INVALID_UTF8: "invalid UTF-8"
        case LONGHAUL_JSON_CONTROL_CHARACTER: "unescaped control character in a string"
        case LONGHAUL_JSON_UNCLOSED_STRING: "string without an end"
        case LONGHAUL_JSON_BAD_ESCAPE: "invalid escape"
        case LONGHAUL_JSON_LONE_SURROGATE: "escaped surrogate without its other half"
        case LONGHAUL_JSON_BAD_NUMBER: "invalid number"
        case LONGHAUL_JSON_EXPECTED_KEY: "expected a key in double quotes"
        case LONGHAUL_JSON_EXPECTED_COLON: "expected ':'"
        case LONGHAUL_JSON_EXPECTED_COMMA_OR_BRACE: "expected ',' or '}'"
        case LONGHAUL_JSON_EXPECTED_COMMA_OR_BRACKET: "expected ',' or ']'"
        case LONGHAUL_JSON_TRAILING_CONTENT: "unexpected text after the document"
        default: "invalid value"
        }
    }

    private static func duplicateKey(_ answer: longhaul_json_result) -> JSONError {
        let path = UnsafeRawBufferPointer(start: answer.pointer, count: answer.pointer_length)
        let pointer = JSONPointer(rendered: String(decoding: path, as: UTF8.self))
        let name = pointer.lastStep ?? ""
        return JSONError(
            message: "duplicate key \"\(name)\"", offset: answer.offset, pointer: pointer.description)
    }
}
