import LonghaulJSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    private func written(_ value: some JSONWritable) -> String {
        var writer = JSONWriter()
        writer.element(value)
        return writer.text.description
    }

    @Test("A nested document has commas in all places")
    func nested() throws {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("id", "j1")
            writer.field("count", 3)
            writer.field("big", Int64.min)
            writer.field("ratio", 0.5)
            writer.field("live", true)
            writer.field("absent", String?.none)
            writer.null("nothing")
            writer.field("payload", JSONText(validated: Array(#"{"x": 1}"#.utf8)))
            writer.object("empty") { _ in }
            writer.array("list") { writer in
                writer.element(1)
                writer.null()
                writer.object { $0.field("a\"b", ["x", "y"]) }
                writer.array { _ in }
                writer.raw(.null)
            }
            writer.field("last", Int?.some(7))
        }
        let expected =
            #"{"id":"j1","count":3,"big":-9223372036854775808,"ratio":0.5,"live":true,"absent":null,"#
            + #""nothing":null,"payload":{"x": 1},"empty":{},"list":[1,null,{"a\"b":["x","y"]},[],null],"#
            + #""last":7}"#
        #expect(writer.text.description == expected)
        #expect(try JSONText(parsing: writer.bytes) == writer.text)
    }

    @Test("Strings with special scalars are read back unchanged")
    func strings() throws {
        var scalars = (UInt32(0)..<0x180).compactMap(Unicode.Scalar.init)
        scalars += ["\u{2028}", "\u{FEFF}", "\u{FFFF}", "\u{10FFFF}", "😀"]
        let text = String(String.UnicodeScalarView(scalars))
        let back = try parse(written(text)).root.string
        #expect(back.map { Array($0.utf8) } == Array(text.utf8))
        #expect(written("\u{1}\n\"\\/\u{7F}é") == "\"\\u0001\\n\\\"\\\\/\u{7F}é\"")
        #expect(written("") == "\"\"")
    }

    @Test("Integers", arguments: [0, 1, -1, 10, -10, 99, 1_234_567_890, Int64.max, Int64.min])
    func integers(value: Int64) {
        #expect(written(value) == String(value))
        #expect(written(Int(value)) == String(value))
    }

    @Test(
        "Doubles are written in the shortest exact spelling, integers without a fraction",
        arguments: [
            (0.0, "0"), (-0.0, "-0"), (1, "1"), (-42, "-42"), (0.1, "0.1"), (1.5, "1.5"),
            (1e15, "1000000000000000"),
            (9_007_199_254_740_992, "9007199254740992"), (1e100, "1e+100"),
            (.leastNonzeroMagnitude, "5e-324"),
            (.nan, "null"), (.infinity, "null"), (-.infinity, "null"),
        ] as [(Double, String)])
    func doubles(value: Double, expected: String) {
        #expect(written(value) == expected)
    }

    @Test("Random doubles read back exactly")
    func randomDoubles() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(try parse(written(value)).root.double == value)
        }
    }
}
