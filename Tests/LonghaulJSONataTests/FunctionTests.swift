import LonghaulJSON
import LonghaulJSONata
import Testing

/// What the reference cases do not show.
@Suite struct FunctionTests {
    @Test(
        arguments: [
            ("$partition([1, 2, 3, 4, 5], 2)", "[[1,2],[3,4],[5]]"), ("$partition([], 2)", "[]"),
            ("$range(0, 10, 5)", "[0,5,10]"), ("$range(3, 1, -1)", "[3,2,1]"), ("$range(1, 3)", "[1,2,3]"),
            ("$hash('abc', 'SHA-1')", "\"a9993e364706816aba3e25717850c26c9cd0d89d\""),
            ("$hash('abc', 'MD5')", "\"900150983cd24fb0d6963f7d28e17f72\""),
            ("$parse('{\"a\": [1, null]}').a", "[1,null]"), ("$random(7) = $random(7)", "true"),
            ("$length($uuid())", "36"), ("$random() < 1", "true"),
        ])
    func functionsOfStepFunctions(source: String, expected: String) throws {
        #expect(try evaluate(source) == expected)
    }

    @Test func errorsOfStepFunctions() throws {
        #expect(try evaluationError("$partition([1], 0)")?.code == "D3150")
        #expect(try evaluationError("$range(1, 2, 0)")?.code == "D3151")
        #expect(try evaluationError("$range(1, 1e9, 1)")?.code == "D3152")
        #expect(try evaluationError("$hash('a', 'CRC')")?.code == "D3153")
        #expect(try evaluationError("$parse('{')")?.code == "D3154")
    }

    @Test(
        arguments: [
            (#"$replace("2024-05-06", /(\d+)-(\d+)-(\d+)/, "$3.$2.$1")"#, #""06.05.2024""#),
            (#"$match("aXbX", /x/i).index"#, "[1,3]"), (#"$split("a1b22c", /\d+/)"#, #"["a","b","c"]"#),
            (#"$contains("a\nb", /^b$/m)"#, "true"), (#"$contains("a\nb", /^b$/)"#, "false"),
            (#"$contains("a\u2028b", /a.b/)"#, "false"), (#"$contains("É", /é/i)"#, "true"),
            (#"$match("ab", /(a)|(b)/).groups"#, #"["a",null,null,"b"]"#),
            (#"$contains("x", /[^]/)"#, "true"), (#"$contains("\u00a0", /^\s$/)"#, "true"),
            (#"$contains("é", /\w/)"#, "false"), (#"$replace("abc", /(?<x>b)/, "[$1]")"#, #""a[b]c""#),
        ])
    func regularExpressionsAreThoseOfJavaScript(source: String, expected: String) throws {
        #expect(try evaluate(source) == expected)
    }

    @Test func stringsCountCodePoints() throws {
        #expect(try evaluate(#"$length("a\uD83D\uDE00b")"#) == "3")
        #expect(try evaluate(#"$substring("a\uD83D\uDE00b", 1, 1)"#) == "\"\u{1F600}\"")
        #expect(try evaluate(#"$pad("x", -3, "\uD83D\uDE00")"#) == "\"\u{1F600}\u{1F600}x\"")
        #expect(try evaluate(#"$split("\uD83D", "")"#) == #"["\ud83d"]"#)
    }

    @Test func inputIsNotChanged() throws {
        let input = try JSONataValue(parsing: Array(#"{"a": [{"b": 1}, {"b": 2}]}"#.utf8))
        let transform = try JSONataExpression(compiling: "$ ~> |a|{'c': b * 2}, 'b'|")
        let result = try transform.evaluate(input)
        #expect(try result?.json().description == #"{"a":[{"c":2},{"c":4}]}"#)
        #expect(try input.json().description == #"{"a":[{"b":1},{"b":2}]}"#)
    }

    @Test func keysKeepTheirOrder() throws {
        #expect(try evaluate("{'z': 1, 'a': 2, '10': 3}") == #"{"z":1,"a":2,"10":3}"#)
        #expect(try evaluate("$keys($)", #"{"b": 1, "a": 2}"#) == #"["b","a"]"#)
    }
}
