import LonghaulJSON
import Testing

@Suite("UTF-8 and escapes")
struct UnicodeTests {
    @Test(
        "Every kind of invalid UTF-8 is rejected at its byte",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ] as [[UInt8]])
    func invalid(sequence: [UInt8]) {
        let prefix = Array("[\"0123456789abc".utf8)
        let error = parseError(prefix + sequence + Array("\"]".utf8))
        #expect(error == JSONError(message: "invalid UTF-8 at byte 15", offset: 15))
        #expect(parseError(sequence) != nil)
    }

    @Test("The edges of well-formed UTF-8 are accepted")
    func edges() throws {
        let edges: [Unicode.Scalar] = [
            "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}",
            "\u{10FFFF}",
        ]
        let text = String(String.UnicodeScalarView(edges))
        #expect(try parse("\"\(text)\"").root.string == text)
    }

    @Test(
        "Escapes are decoded",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u20AC\uD83D\uDE00""#, "Aé€😀"),
            (#""a\u0000b""#, "a\u{0}b"),
            (#""\uFFFF\uD7FF\uE000""#, "\u{FFFF}\u{D7FF}\u{E000}"),
            (#""no escapes é""#, "no escapes é"),
        ])
    func escapes(text: String, expected: String) throws {
        let string = try parse(text).root.string
        #expect(string.map { Array($0.utf8) } == Array(expected.utf8))
    }

    @Test("U+0000 is detected at every position, and no other scalar is")
    func flagsNUL() throws {
        #expect(try parse(#""ab\u0000""#).root.holdsNUL)
        #expect(try parse(#""\u0000\n""#).root.holdsNUL)
        #expect(try !parse(#""\\u0000""#).root.holdsNUL)
        #expect(try !parse(#""\u0001""#).root.holdsNUL)
    }
}
