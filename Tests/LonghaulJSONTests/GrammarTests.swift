import LonghaulJSON
import Testing

@Suite("The grammar of JSON")
struct GrammarTests {
    @Test(
        "Valid documents are accepted and keep their text",
        arguments: [
            "null", "true", "false", "0", "-0", "-1", "12", "1.5", "-0.0", "1e5", "1E+5", "1e-5", "0e0",
            "0.1e1", "1e400", "-1e-99999999999999999999", "123456789012345678901234567890", "\"\"",
            "\"a\"", "\"\\\"\"", "\"\\\\\"", "\"\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\u00e9\"",
            "\"\\uD83D\\uDE00\"", "\"\\ud83d\\ude00\"", "\"é😀\u{7F}\u{2028}\"", "\"a,b:[c]{d}\"", "[]",
            "{}", "[[]]", "[{}]", "{\"\":0}", "[1,2]", "{\"a\":[1,{\"b\":null}]}", "[\"a\",\"b\"]",
            "{\"a\":1,\"b\":2}", "[1 , 2]", "{ \"a\" : 1 }", "\"\u{FEFF}\"", "[\"\\\\\",\"\\\"\"]",
        ])
    func valid(text: String) throws {
        let kept = try JSONText(parsing: Array(" \t\r\n\(text)\n ".utf8))
        #expect(kept.description == text)
        #expect(try parse(text).root.text == kept)
    }

    @Test(
        "Invalid documents are rejected",
        arguments: [
            "", " ", "\n\t ", "nul", "nulll", "True", "tru e", "truefalse", "01", "-01", "-", "+1", ".5",
            "5.", "1.e1", "1e", "1e+", "1.2.3", "0x1", "1_000", "1a", "NaN", "Infinity", "-Infinity", "'a'",
            "\"", "\"a", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u123g\"", "\"\\a\"", "\"\\\"a", "\"\t\"",
            "\"\n\"", "\"\u{0}\"", "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800\\uD800\"", "\"\\uD800a\"",
            "\"\\uD800\\n\"", "\"\\uD83D\\u\"", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]",
            "[1,,2]", "[1}", "[1:2]", "{", "}", "{]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
            "{\"a\":1,}", "{\"a\" 1}", "{\"a\":}", "{\"a\"}", "{a:1}", "{1:2}", "{null:1}", "{'a':1}",
            "{\"a\":1 \"b\":2}", "{\"a\"::1}", "{,}", "{\"a\":1}}", "[]]", "1 2", "{} {}", "[] 1", "\"a\"b",
            "\"a\"\"b\"", "[\"a\"b]", "[1\"a\"]", "{\"a\"x:1}", "// c\n1", "/**/1", "[1]#", "\u{C}1",
            "1\u{C}", "\u{1A}", "[1\u{1A}1]", "\u{A0}1", "1\u{2028}", "\u{0}", "1\u{0}", "[\"a\",\n\"b\"",
            "\\u0031", "{\"a\":1;\"b\":2}", "<a>", "undefined", "--1", "1-", "1+1", "- 1", "[-]", "\u{7F}",
        ])
    func invalid(text: String) {
        #expect(parseError(text) != nil)
        #expect(throws: JSONError.self) { try JSONText(parsing: Array(text.utf8)) }
    }

    @Test(
        "An error names its place",
        arguments: [
            ("", "empty, expected a JSON value", 0),
            ("  ", "only white space, expected a JSON value", 2),
            ("\u{FEFF}1", "begins with a byte order mark, which JSON forbids", 0),
            ("[1,\"a\u{1}\"]", "unescaped control character in a string at byte 5", 5),
            ("[1,\"a", "string without an end at byte 3", 3),
            ("[\"\\q\"]", "invalid escape at byte 2", 2),
            ("[\"ab\\uDC00\"]", "escaped surrogate without its other half at byte 4", 4),
            ("[1, 02]", "invalid number at byte 4", 4),
            ("[1, nil]", "invalid value at byte 4", 4),
            ("{\"a\":1,b:2}", "expected a key in double quotes at byte 7", 7),
            ("{\"a\" 1}", "expected ':' at byte 5", 5),
            ("{\"a\":1 \"b\":2}", "expected ',' or '}' at byte 7", 7),
            ("[1 2]", "expected ',' or ']' at byte 3", 3),
            ("[1,2", "ends too early, at byte 4", 4),
            ("[1] 2", "unexpected text after the document at byte 4", 4),
        ])
    func place(text: String, message: String, offset: Int) {
        #expect(parseError(text) == JSONError(message: message, offset: offset))
    }

    @Test("A prefix of a document is rejected")
    func prefixes() {
        let sample = #" {"kind":"a\u00e9\n","n":[1,-2.5e3,true,null],"o":{"é":"😀","x":{}}}"#
        let bytes = Array(sample.utf8)
        #expect(parseError(bytes) == nil)
        for length in bytes.indices {
            #expect(parseError(Array(bytes[..<length])) != nil, "prefix of \(length) bytes")
        }
    }

    @Test("Depth 64 is accepted and 65 rejected", arguments: [("[", "]"), ("{\"a\":", "}")])
    func depth(open: String, close: String) throws {
        func nested(_ depth: Int) -> String {
            let inner = String(repeating: open, count: depth - 1) + (open == "[" ? "[" : "{")
            return inner + String(repeating: close, count: depth)
        }
        _ = try parse(nested(64))
        #expect(parseError(nested(65))?.message == "nested more than 64 deep")
        _ = try parse(nested(65), maxDepth: 65)
        #expect(throws: JSONError.self) { try parse(nested(3), maxDepth: 2) }
        _ = try parse("1", maxDepth: 0)
    }

    @Test("A text nested far beyond the limit is rejected at the limit")
    func hostileDepth() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(parseError(bytes)?.offset == 64)
    }

    @Test("The parser reads a small document after a large one")
    func large() throws {
        let element = #"{"id":123456,"name":"n\u00e4me","list":[1,2,3]}"#
        let text = "[" + Array(repeating: element, count: 50_000).joined(separator: ",\n") + "]"
        let elements = try parse(text).root.elements
        #expect(elements.count == 50_000)
        #expect(elements.last?["name"]?.string == "näme")
        #expect(try parse("[7]").root.elements.first?.int == 7)
        #expect(parseError(text + "]")?.offset == text.utf8.count)
    }
}
