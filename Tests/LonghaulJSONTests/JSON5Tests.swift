import LonghaulJSON
import Testing

@Suite("JSON5")
struct JSON5Tests {
    @Test(
        "All extensions of JSON5 are converted to JSON",
        arguments: [
            ("{a:1, // note\n b:'q', /* x\n y */ c:[1,2,],}", #"{"a":1,"b":"q","c":[1,2]}"#),
            ("[+1,-2,.5,5.,-.25e2,1e+3,0x1F,-0XfF,0]", #"[1,-2,0.5,5,-0.25e2,1e+3,31,-255,0]"#),
            (#"{$a_1:1,_:2,é:3,\u0061b:4,'x y':5,"z":6}"#, #"{"$a_1":1,"_":2,"é":3,"ab":4,"x y":5,"z":6}"#),
            ("'it\\'s \"so\"\\\n far\\x41\\v\\0\\q'", #""it's \"so\" farA\u000b\u0000q""#),
            ("'\\\r\na\\\u{2028}b\u{2028}'", "\"ab\u{2028}\""), (#"'\uD83D\uDE00\u00e9'"#, "\"😀é\""),
            ("\u{FEFF}\u{A0}\u{B}\u{C}\u{2029}null// end", "null"), ("true", "true"),
            ("123456789012345678901234567890", "123456789012345678901234567890"), ("[]", "[]"), ("{}", "{}"),
            ("{null:1,true:2,Infinity:3}", #"{"null":1,"true":2,"Infinity":3}"#),
            ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"), (#"{"a":{"a":1}}"#, #"{"a":{"a":1}}"#),
        ])
    func valid(source: String, expected: String) throws {
        #expect(try JSONText(json5: Array(source.utf8)).description == expected)
    }

    @Test(
        "Errors name line and column",
        arguments: [
            ("", "ends too early, expected a value at line 1, column 1"),
            ("{a:1,\n b:}", "invalid value at line 2, column 4"),
            ("{a:1\r\n b:2}", "expected ',' or '}' at line 2, column 2"),
            ("{a:1", "ends too early, expected ',' or '}' at line 1, column 5"),
            ("[1,,2]", "invalid value at line 1, column 4"), ("{,}", "expected a key at line 1, column 2"),
            ("{a b:1}", "expected ':' at line 1, column 4"),
            ("[NaN]", "JSON has no Infinity and no NaN at line 1, column 2"),
            ("-Infinity", "JSON has no Infinity and no NaN at line 1, column 1"),
            ("[01]", "invalid number at line 1, column 2"), ("[.]", "invalid number at line 1, column 2"),
            ("0x", "invalid number at line 1, column 1"), ("1e", "invalid number at line 1, column 1"),
            ("0x10000000000000000", "hexadecimal number beyond 64 bits at line 1, column 1"),
            ("1 2", "unexpected text after the document at line 1, column 3"),
            ("\n/* x", "comment without an end at line 2, column 1"),
            ("'é\n'", "line break in a string at line 1, column 3"),
            ("'abc", "string without an end at line 1, column 1"),
            (#"'\x4'"#, "invalid escape at line 1, column 2"),
            (#"'\1'"#, "invalid escape at line 1, column 2"),
            (#"'\uD800'"#, "escaped surrogate without its other half at line 1, column 2"),
            (#"{a\u0020:1}"#, "invalid escape in a key at line 1, column 3"),
            ("{a:1,\n // x\n 'a':2}", "duplicate key \"a\" at line 3, column 2"),
            ("5abc", "unexpected text after the document at line 1, column 2"),
            ("/ 1", "unexpected '/' at line 1, column 1"),
        ])
    func invalid(source: String, message: String) {
        #expect(error(of: Array(source.utf8))?.message == message)
    }

    private func error(of bytes: [UInt8]) -> JSONError? {
        do {
            _ = try JSONText(json5: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("Invalid UTF-8, depth and repeated keys are rejected as in JSON")
    func strictness() throws {
        #expect(error(of: [0x27, 0xFF, 0x27])?.message == "invalid UTF-8 at byte 1")
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(error(of: Array(deep.utf8)) == nil)
        #expect(
            error(of: Array("[\(deep)]".utf8))?.message == "nested more than 64 deep at line 1, column 65")
        #expect(error(of: Array("{x:[{b:1, /* é */ 'b':2}]}".utf8))?.pointer == "/x/0/b")
        #expect(error(of: Array("{x:[{b:1, /* é */ 'b':2}]}".utf8))?.offset == 19)
    }

    @Test("Every valid JSON text is read as JSON5 without a change of value")
    func superset() throws {
        let text = #" {"kind":"a\u00e9\n","n":[1,-2.5e3,true,null],"o":{"é":"😀","x":{}}}"#
        let plain = try JSONText(parsing: Array(text.utf8))
        #expect(try JSONValue(JSONText(json5: Array(text.utf8))) == JSONValue(plain))
    }
}
