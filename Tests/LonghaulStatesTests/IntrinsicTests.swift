import LonghaulStates
import Testing

@Suite struct IntrinsicTests {
    private func evaluate(_ call: String, _ input: String = "{}") throws -> String {
        try IntrinsicCall(call).evaluate(in: StateScope(input: json(input))).text
    }

    @Test(arguments: [
        ("States.Format('Hello {}, {}!', 'Jo', $.n)", #""Hello Jo, 1.5!""#),
        (#"States.Format('It\'s \{\} {} \\', 'x')"#, #""It's {} x \\""#),
        ("States.Format($.f, 1)", #""v=1""#), ("States.Format('{}{}', true, null)", #""truenull""#),
        ("States.Format('{}', $.o)", #""{a=1, b=[x, null]}""#), ("States.Format('{}', 1e10)", #""1.0E10""#),
        (#"States.StringToJson('{"a": [1, 1.0]}')"#, #"{"a":[1,1.0]}"#),
        ("States.StringToJson(' ')", "null"),
        ("States.JsonToString($.o)", #""{\"a\":1,\"b\":[\"x\",null]}""#),
        ("States.Array(1, 'a', $.n, null, States.Array())", #"[1,"a",1.5,null,[]]"#),
        ("States.ArrayPartition($.l, 2)", "[[1,2],[3,4],[5]]"),
        ("States.ArrayPartition($.l, 9)", "[[1,2,3,4,5]]"),
        ("States.ArrayPartition($.l, 1.5)", "[[1,2],[3,4],[5]]"),
        ("States.ArrayPartition(States.Array(), 2)", "[]"),
        ("States.ArrayContains($.l, 5)", "true"), ("States.ArrayContains($.l, 5.0)", "false"),
        ("States.ArrayRange(1, 9, 2)", "[1,3,5,7,9]"), ("States.ArrayRange(3, 1, -1)", "[3,2,1]"),
        ("States.ArrayRange(3, 1, 1)", "[]"), ("States.ArrayGetItem($.l, 0)", "1"),
        ("States.ArrayLength($.l)", "5"),
        ("States.ArrayUnique(States.Array(1, 2, 1, 1.0, 'a', 'a'))", #"[1,2,1.0,"a"]"#),
        ("States.Base64Encode('Data to encode')", #""RGF0YSB0byBlbmNvZGU=""#),
        ("States.Base64Decode('RGF0YSB0byBlbmNvZGU')", #""Data to encode""#),
        ("States.Hash('input data', 'SHA-1')", #""aaff4a450a104cd177d28d18d74485e8cae074b7""#),
        ("States.MathAdd(111, -1.5)", "110"), ("States.MathAdd(2.5, 0)", "3"),
        ("States.MathRandom(5, 6)", "5"),
        ("States.StringSplit('1.2+3,,4', '.+,')", #"["1","2","3","4"]"#),
        ("States.StringSplit('', ',')", "[]"), ("States.StringSplit('ab', '')", #"["ab"]"#),
        (
            "States.JsonMerge(States.StringToJson('{\"a\": 1, \"b\": 2}'), $.o, false)",
            #"{"a":1,"b":["x",null]}"#
        ),
    ])
    func functionsReturnWhatAWSReturns(call: String, result: String) throws {
        let input = #"{"n": 1.5, "f": "v={}", "o": {"a": 1, "b": ["x", null]}, "l": [1, 2, 3, 4, 5]}"#
        #expect(try evaluate(call, input) == result)
    }

    /// AWS recorded `constant_input_field` before `constant_in_literal`.
    @Test func mergedObjectsHaveTheOrderOfJava() throws {
        let call = #"States.JsonMerge(States.StringToJson('{"constant_in_literal": "false"}'), $, false)"#
        #expect(
            try evaluate(call, #"{"constant_input_field": 1}"#)
                == #"{"constant_input_field":1,"constant_in_literal":"false"}"#)
    }

    @Test func aSeedGivesTheNumbersOfJava() throws {
        // What nextInt of new java.util.Random(seed) returns first.
        #expect(try evaluate("States.MathRandom(0, 100, 42)") == "30")
        #expect(try evaluate("States.MathRandom(100, 200, 12345)") == "151")
        #expect(try evaluate("States.MathRandom(0, 999, 3)") == evaluate("States.MathRandom(0, 999, 3)"))
    }

    @Test func randomValuesHaveTheirForm() throws {
        let uuid = try evaluate("States.UUID()")
        #expect(uuid.utf8.count == 38)
        #expect(Array(uuid)[15] == "4")
        for _ in 0..<100 {
            let number = try #require(Int(evaluate("States.MathRandom(-2, 3)")))
            #expect((-2..<3).contains(number))
        }
    }

    @Test(arguments: [
        "States.Format('{}')", "States.Format('{}', 1, 2)", "States.StringToJson('{')",
        "States.StringToJson(1)",
        "States.ArrayPartition($, 2)", "States.ArrayPartition(States.Array(1), 0)",
        "States.ArrayRange(1, 9, 0)",
        "States.ArrayRange(1, 1001, 1)", "States.ArrayGetItem(States.Array(1), 1)",
        "States.ArrayGetItem(States.Array(1), -1)", "States.ArrayLength('x')", "States.Base64Decode('a*b=')",
        "States.Hash('x', 'SHA-3')", "States.Hash(1, 'MD5')", "States.JsonMerge($, $, true)",
        "States.JsonMerge($, 1, false)", "States.MathAdd('1', 1)", "States.MathAdd(9223372036854775807, 1)",
        "States.MathAdd(1e300, 1)", "States.MathRandom(2, 2)", "States.StringSplit(1, ',')",
        "States.ArrayRange(-9223372036854775807, 9223372036854775807, 1)",
    ])
    func invalidArgumentsFail(call: String) throws {
        let failure = #expect(throws: StateFailure.self) { try evaluate(call) }
        #expect(failure?.error == "States.IntrinsicFailure")
        #expect(failure?.message.hasPrefix("The function '\(call)' had the following error: ") == true)
    }

    @Test(arguments: [
        "", "States.Nope()", "States.UUID", "States.UUID(", "States.UUID(1)", "States.MathAdd(1)",
        "States.Array(1,)",
        "States.Array(1 2)", "States.Array('a)", "States.Format()", "States.UUID() x", "States.Array(abc)",
        "States.Array($.)", "States.Array([1])", "states.UUID()",
    ])
    func otherTextsAreNoCalls(text: String) {
        #expect(throws: PathError.self) { try IntrinsicCall(text) }
    }

    @Test func callsNestTenDeep() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "States.Array(", count: depth) + String(repeating: ")", count: depth)
        }
        #expect(
            try evaluate(nested(10)) == String(repeating: "[", count: 10) + String(repeating: "]", count: 10))
        #expect(throws: PathError.self) { try IntrinsicCall(nested(11)) }
        #expect(throws: PathError.self) { try IntrinsicCall(nested(100_000)) }
    }

    @Test func pathsWithFiltersAreArguments() throws {
        let call = "States.ArrayLength($.l[?(@.a == 'x,y)' && @.b in [1, 2])])"
        #expect(try evaluate(call, #"{"l": [{"a": "x,y)", "b": 2}, {"a": "z"}]}"#) == "1")
    }

    @Test func stringsOfFormatsAreBounded() throws {
        let input = StateValue.string(String(repeating: "x", count: 200_000))
        let call =
            "States.Format('\(String(repeating: "{}", count: 50))'\(String(repeating: ", $", count: 50)))"
        let failure = #expect(throws: StateFailure.self) {
            try IntrinsicCall(call).evaluate(in: StateScope(input: input))
        }
        #expect(failure?.error == "States.DataLimitExceeded")
    }
}
