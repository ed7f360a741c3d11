import LonghaulJSON
import LonghaulJSONata
import Testing

/// Functions in cases that the reference tests lack.
@Suite struct FunctionTests {
    @Test(
        arguments: [
            ("$partition([1, 2, 3, 4, 5], 2)", "[[1,2],[3,4],[5]]"), ("$partition([], 2)", "[]"),
            ("$range(0, 10, 5)", "[0,5,10]"), ("$range(3, 1, -1)", "[3,2,1]"), ("$range(1, 3)", "[1,2,3]"),
            ("$range(1, 9, 9)", "1"), ("[$range(1, 9, 9)]", "[1]"),
            ("$hash('abc', 'SHA-1')", "\"a9993e364706816aba3e25717850c26c9cd0d89d\""),
            ("$hash('abc', 'MD5')", "\"900150983cd24fb0d6963f7d28e17f72\""),
            ("$parse('{\"a\": [1, null]}').a", "[1,null]"), ("$random(7) = $random(7)", "true"),
            (
                "$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)",
                "true"
            ),
            ("($r := $random(); $r >= 0 and $r < 1)", "true"),
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
            (#"$contains("a😀", /[😀]/)"#, "true"), (#"$contains("a", /[😀]/)"#, "false"),
            (#"$contains("😀", /\😀$/)"#, "true"), (#"$contains("abab", /^(ab)\1$/)"#, "true"),
            (#"$replace("aXbX", /(?<=a)X(?!c)/, "-")"#, #""a-bX""#),
            (#"$contains("uu12", /^\u+12$/)"#, "true"),
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

    @Test func partsOfStringsAreFound() throws {
        // The searches begin with many partial matches.
        let text = String(repeating: "ab", count: 500) + "abc" + String(repeating: "ab", count: 500)
        let part = String(repeating: "ab", count: 400) + "abc"
        let input = #"{"t": "\#(text)", "p": "\#(part)"}"#
        #expect(try evaluate("$length($substringBefore(t, p))", input) == "200")
        #expect(try evaluate("$length($substringAfter(t, p))", input) == "1000")
        #expect(try evaluate("$split(t, p).$length($)", input) == "[200,1000]")
        #expect(try evaluate("$contains(t, p & 'c')", input) == "false")
        #expect(try evaluate("$split('a,b,c', ',', 2)") == #"["a","b"]"#)
        #expect(try evaluate("$replace('aaa', 'a', 'b', 2)") == #""bba""#)
    }

    @Test func groupsOfTuplesJoin() throws {
        let source = "a@$x{$string($x % 2): $sum($x)}"
        #expect(try evaluate(source, #"{"a": [1, 2, 3, 4]}"#) == #"{"1":4,"0":6}"#)
        // The memory grows with the number of tuples, not with its square.
        let many = "{\"a\": [" + (0..<20_000).map { "\($0)" }.joined(separator: ",") + "]}"
        let options = JSONataOptions(limits: JSONataLimits(maxMilliseconds: 60_000))
        #expect(try evaluate("a@$x{'all': $count($x)}", many, options: options) == #"{"all":20000}"#)
    }

    @Test func functionsInResultsBecomeEmptyStrings() throws {
        let source = "{'f': function($x) { $x }, 'n': [1, {'g': $substring(?, 1)}], 'b': $sum}"
        #expect(try evaluate(source) == #"{"f":"","n":[1,{"g":""}],"b":""}"#)
        // The result holds no function that another evaluation could call.
        let result = try JSONataExpression(compiling: source).evaluate(nil)
        let call = try JSONataExpression(compiling: "$v.f(1)")
        let bindings = ["v": try #require(result)]
        let error = #expect(throws: JSONataError.self) { try call.evaluate(nil, bindings: bindings) }
        #expect(error?.code == "T1006")
    }

    @Test func keysKeepTheirOrder() throws {
        #expect(try evaluate("{'z': 1, 'a': 2, '10': 3}") == #"{"z":1,"a":2,"10":3}"#)
        #expect(try evaluate("$keys($)", #"{"b": 1, "a": 2}"#) == #"["b","a"]"#)
    }
}
