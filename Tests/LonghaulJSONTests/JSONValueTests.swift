import LonghaulJSON
import Testing

@Suite("Comparing JSON by value")
struct JSONValueTests {
    private func value(_ text: String) throws -> JSONValue {
        JSONValue(try parse(text).root)
    }

    @Test(
        "Equal values in different spellings",
        arguments: [
            ("1", "1.0"), ("1", "1e0"), ("100", "1e2"), ("1.50", "15e-1"), ("0", "-0"), ("0", "0e99"),
            ("0.001", "1e-3"), ("12345678901234567890123", "1234567890123456789012.3e1"), ("1e400", "10E399"),
            ("-5", "-5.00"), ("\"a\"", "\"\\u0061\""), ("\"/\"", "\"\\/\""), ("\"😀\"", "\"\\uD83D\\uDE00\""),
            (#"{"a":1,"b":2}"#, #"{ "b":2.0, "\u0061":1e0 }"#), ("[ 1,2 ]", "[1,2]"),
            (#"{"x":{"a":[],"b":{}}}"#, #"{"x":{"b":{},"a":[]}}"#),
            ("1e99999999999999999999", "1e99999999999999999999"),
        ])
    func equal(left: String, right: String) throws {
        let (left, right) = (try value(left), try value(right))
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left.canonical() == right.canonical())
        #expect(try JSONValue(JSONText(parsing: left.canonical())) == left)
    }

    @Test(
        "Different values",
        arguments: [
            ("1", "2"), ("1", "-1"), ("1", "\"1\""), ("1", "true"), ("0", "false"), ("0", "null"),
            ("9007199254740993", "9007199254740992"), ("0.1", "0.10000000000000000001"), ("1e400", "1e401"),
            ("12", "1e2"), ("[1,2]", "[2,1]"), ("[]", "{}"), ("[]", "null"), ("\"\"", "null"),
            (#"{"a":1}"#, #"{"a":2}"#), (#"{"a":1}"#, #"{"b":1}"#), (#"{"a":1}"#, #"{"a":1,"b":null}"#),
            ("\"\u{E9}\"", "\"e\u{301}\""), ("\"a\"", "\"A\""), ("[[1],2]", "[1,[2]]"),
        ])
    func different(left: String, right: String) throws {
        let (left, right) = (try value(left), try value(right))
        #expect(left != right)
        #expect(left.canonical() != right.canonical())
    }

    @Test(
        "The canonical text",
        arguments: [
            (#"{"b":[1.50,-0.0,1e3],"a":"\u0041\u000a\/"}"#, #"{"a":"A\n/","b":[15e-1,0,1000]}"#),
            ("1e20", "100000000000000000000"), ("1e21", "1e21"), ("-120e-1", "-12"),
            ("12345678901234567890123456", "12345678901234567890123456"),
            (#"{"é":1,"z":2,"":3}"#, #"{"":3,"z":2,"é":1}"#),
        ])
    func canonical(text: String, expected: String) throws {
        #expect(String(decoding: try value(text).canonical(), as: UTF8.self) == expected)
    }

    @Test("Keys that are equal as Swift strings stay distinct")
    func canonicallyEquivalentKeys() throws {
        let both = "{\"e\u{301}\":1,\"\u{E9}\":2}"
        #expect(try value(both).canonical() == Array(both.utf8))
    }

    @Test("Invalid wrapped text is rejected")
    func invalidText() {
        #expect(throws: JSONError.self) { try JSONValue(JSONText(validated: [UInt8(ascii: "[")])) }
    }
}
