import LonghaulJSON
import LonghaulJSONata
import LonghaulTestSupport
import Testing

/// Transforms change a copy, and nothing else.
@Suite struct TransformTests {
    @Test(
        arguments: [
            ("$ ~> |a|{'c': b * 2}, 'b'|", #"{"a":[{"c":2},{"c":4}]}"#),
            // The pattern finds objects of the input itself.
            ("$ ~> |$$.a|{'c': 1}|", #"{"a":[{"b":1},{"b":2}]}"#),
            ("($all := a; $ ~> |$all|{'c': 1}, 'b'|)", #"{"a":[{"b":1},{"b":2}]}"#),
            // This $clone does not copy.
            ("($clone := function($v) { $v }; $ ~> |a|{'c': 1}, 'b'|)", #"{"a":[{"c":1},{"c":1}]}"#),
        ])
    func inputIsNotChanged(source: String, expected: String) throws {
        let document = #"{"a":[{"b":1},{"b":2}]}"#
        let input = try JSONataValue(parsing: Array(document.utf8))
        let result = try JSONataExpression(compiling: source).evaluate(input)
        #expect(try result?.json().description == expected)
        #expect(try input.json().description == document)
    }

    @Test func boundValuesAreNotChanged() throws {
        let variable = try JSONataValue(parsing: Array(#"{"x":1}"#.utf8))
        let expression = try JSONataExpression(compiling: "{'y': 1} ~> |$v|{'z': 2}|")
        let result = try expression.evaluate(nil, bindings: ["v": variable])
        #expect(try result?.json().description == #"{"y":1}"#)
        #expect(try variable.json().description == #"{"x":1}"#)
    }

    @Test func transformCannotPutAnObjectIntoItself() throws {
        #expect(try evaluate("$ ~> |$|{'t': $}|", #"{"a": 1}"#) == #"{"a":1,"t":{"a":1}}"#)
    }

    @Test func manyKeysAreDeletedInOnePass() throws {
        let source =
            "($o := $merge([1..50000].{$string($): 1}); $count($keys($o ~> |$|{'x': 1}, $keys($o)|)))"
        let options = JSONataOptions(limits: JSONataLimits(maxMilliseconds: 60_000))
        let start = processorTime()
        #expect(try evaluate(source, options: options) == "1")
        // One pass for each key takes minutes.
        #expect(processorTime() - start < .seconds(30))
    }

    @Test func growthDeepInsideCountsAsNesting() throws {
        let addition = String(repeating: "{'b': ", count: 20) + "1" + String(repeating: "}", count: 20)
        let source = """
            ($deeper := | **[$type($) = 'object' and $not($exists(b.b))] | \(addition) |;
            $f := function($v, $n) { $n = 0 ? $v : $f($v ~> $deeper, $n - 1) };
            $f({'a': 1}, 60))
            """
        let options = JSONataOptions(limits: JSONataLimits(maxMilliseconds: 60_000))
        let error = try #require(try evaluationError(source, options: options))
        #expect(error.message.contains("nests"), "\(error)")
    }
}
