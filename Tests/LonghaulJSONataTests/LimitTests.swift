import LonghaulJSON
import LonghaulJSONata
import Testing

/// Hostile expressions end with an error, and soon.
@Suite struct LimitTests {
    @Test(
        arguments: [
            // Recursion, with and without tail calls.
            "($f := function($n) { 1 + $f($n) }; $f(1))",
            "($f := function($n) { $f($n + 1) }; $f(1))",
            "($f := function($n) { [$f($n)] }; $f(1))",
            "($f := function() { $map([1, 2], $f) }; $f())",
            // Strings that double.
            "$reduce([1..100], function($a, $i) { $a & $a }, 'x')",
            "$pad('', 100000000000)",
            "$map([1..100000], function($i) { $pad('x', 1000000) })",
            "$join($map([1..1000], function($i) { $pad('x', 100000) }), $pad('y', 1000000))",
            "$replace($pad('', 10000000, 'x'), 'x', $pad('', 100000))",
            "$base64encode($pad('', 100000000, 'x'))",
            "$encodeUrl($pad('', 100000000, 'é'))",
            // Arrays that grow.
            "$reduce([1..100], function($a, $i) { $append($a, $a) }, [1])",
            "[1..10000000].[1..10000000]",
            "$map([1..10000000], function($i) { [1..10000000] })",
            // Values that nest.
            "$reduce([1..100000], function($a, $i) { [[$a]] }, 1)",
            "$reduce([1..100000], function($a, $i) { {'a': $a} }, 1)",
            // Time.
            "$reduce([1..10000000], function($a, $i) { $a + $i }, 0)",
            "$distinct([1..200000].{'a': $})",
            "$sort([1..1000000], function($a, $b) { $a < $b })",
            // Regular expressions that backtrack.
            "$match($pad('', 40, 'a') & '!', /^(a+)+$/)",
            "$contains($pad('', 100000, 'a'), /(a*)*[bc]/)",
            "$replace($pad('', 50000, 'x'), /(x+x+)+[yz]/, '')",
            "$split($pad('', 1000, 'a'), /(a|a)*[cd]/)",
            // Pictures.
            "$formatInteger(1e300, 'I')",
        ])
    func hostileExpressionEndsWithLimit(source: String) throws {
        var options = JSONataOptions()
        options.limits.maxMilliseconds = 1000
        let start = ContinuousClock.now
        let error = try #require(try evaluationError(source, options: options))
        #expect(error.code == "U1001", "\(error)")
        // The promise is a second; the rest is for slow machines.
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func deepExpressionIsRefused() throws {
        let sources = [
            String(repeating: "(", count: 100_000), String(repeating: "[", count: 100_000),
            String(repeating: "-", count: 100_000) + "1",
            "1" + String(repeating: "+1", count: 100_000), "a" + String(repeating: ".a", count: 100_000),
            String(repeating: "function($x){", count: 50_000), "a" + String(repeating: "[0]", count: 100_000),
            "1" + String(repeating: "?:1", count: 2000), "a" + String(repeating: "??a", count: 20),
        ]
        for source in sources.dropLast() {
            let error = try #require(try evaluationError(source))
            #expect(error.code == "U1001", "\(error)")
        }
        #expect(try evaluationError(sources[sources.count - 1]) == nil)
    }

    @Test func closuresThatChainAreReleasedWithoutRecursion() throws {
        let source = "($f := $reduce([1..20000], function($f, $i) { function() { $f } }, 1); 1)"
        #expect(try evaluate(source) == "1")
    }

    @Test func transformCannotPutAnObjectIntoItself() throws {
        #expect(try evaluate("$ ~> |$|{'t': $}|", #"{"a": 1}"#) == #"{"a":1,"t":{"a":1}}"#)
    }

    @Test func tailCallsDoNotNest() throws {
        let source = "($f := function($n, $sum) { $n = 0 ? $sum : $f($n - 1, $sum + $n) }; $f(5000, 0))"
        #expect(try evaluate(source) == "12502500")
    }

    @Test func depthIsASetting() throws {
        let source = "($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(100))"
        #expect(try evaluate(source) == "100")
        var options = JSONataOptions()
        options.limits.maxDepth = 50
        #expect(try evaluationError(source, options: options)?.code == "U1001")
    }

    @Test func evalCanBeRemoved() throws {
        #expect(try evaluate("$eval('1 + 1')") == "2")
        #expect(
            try evaluationError("$eval('1 + 1')", options: JSONataOptions(allowsEval: false))?.code == "T1006"
        )
    }
}
