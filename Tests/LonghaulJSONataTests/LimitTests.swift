import LonghaulJSON
import LonghaulJSONata
import LonghaulTestSupport
import Testing

/// Hostile expressions end with an error in a short time.
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
            // The matcher does much work between two steps of backtracking, or at each of many positions.
            "$contains($pad('', 1000000, 'a'), /^(?:(?=a*)a)*b/)",
            "$contains($pad('', 1000000, 'a'), /^(a+)\\1b/)",
            "$contains($pad('', 1000000, 'a'), /(?=(a{0,2000}b))a/)",
            "$match($pad('', 1000000, 'x'), /" + String(repeating: "(", count: 90) + "x+"
                + String(repeating: ")", count: 90) + "/)",
            // Arrays that hold one array several times.
            "\(LimitTests.shared) ? 1 : 2", "$boolean(\(LimitTests.shared))", "$not(\(LimitTests.shared))",
            "$keys(\(LimitTests.shared))", "$string(\(LimitTests.shared))", "$spread(\(LimitTests.shared))",
            "[1][\(LimitTests.shared)]", "{'a': \(LimitTests.shared)}.*", "$clone(\(LimitTests.shared))",
            // Long strings that differ only at their ends.
            "($s := $pad('', 4000000, 'a'); $t := $s & 'b'; $u := $s & 'c'; $t in [1..100000].($u))",
            "($s := $pad('', 4000000, 'a'); $distinct([1..100000].($s)))",
            "($s := $pad('', 2000000, 'a'); $sort([1..3000].($s & $string($))))",
            "($o := $merge([1..20].{$string($): 1}); $lookup([1..1000000].($o), $pad('', 1000000, 'a')))",
            // Many parameters.
            "(function(" + (0..<100_000).map { "$p\($0)" }.joined(separator: ",") + ") { 1 })()",
            // Pictures, signatures, JSON.
            "$formatInteger(1e300, 'I')", "$formatInteger(1e11, 'I')",
            "$formatNumber(1, $pad('', 1001, '#'))",
            "(function($x)<" + String(repeating: "(sn)+", count: 60) + "b:s>{$x})("
                + String(repeating: "1,", count: 3000) + "1)",
            "function($x)<" + String(repeating: "s", count: 101) + ">{1}",
            "function($x)<a<" + String(repeating: "s", count: 1000) + ">>{1}",
            "$parse('[' & $pad('', 15000000, '[],') & '1]')",
            "$parseInteger($pad('', 10001, '1'), '0')",
            // Functions that hold functions.
            "($f := function($g, $n) { $n = 0 ? 1 : $f($append($g, ?), $n - 1) }; $f($sum, 1000000))",
            "($f := function($g, $n) { $n = 0 ? 1 : $f([$g].function() { 1 }, $n - 1) }; $f($sum, 1000000))",
        ])
    func hostileExpressionEndsWithLimit(source: String) throws {
        var options = JSONataOptions()
        options.limits.maxMilliseconds = 500
        let start = processorTime()
        let error = try #require(try evaluationError(source, options: options))
        #expect(error.code == "U1001", "\(error)")
        // The promise is half a second; the rest is for slow machines.
        #expect(processorTime() - start < .seconds(10))
    }

    /// An array that takes 2⁶⁰ steps to walk, and little memory.
    private static let shared = "$reduce([1..60], function($a, $i) { [[$a], [$a]] }, [0])"

    @Test(
        arguments: [
            "$join([1..1000].('x'), $pad('', 100000, 'y'))",
            "$replace($pad('', 100, 'x'), /x+/, $pad('', 100000, '$0'))",
            "$replace($pad('', 100000, 'x'), 'x', $pad('', 1000))",
            "$split($pad('', 1000000, 'a'), '')", "$split($pad('', 1000000, 'a'), 'a')",
            "$split($pad('', 1000000, 'a'), /a/)", "$match($pad('', 1000000, 'a'), /a/)",
            "$string($reduce([1..20], function($a, $i) { [[$a], [$a]] }, 'x'))",
            "$encodeUrl($pad('', 1000000, ' '))", "[1..200000]{'k': $}",
            "$map([1..200000], function($i) { $i })",
            "$keys($merge([1..100000].{$string($): 1}))", "[1..10000][[1..1000]]",
            "($r := [1..100000]; $map([1..1000], function($i) { [$r, $i] }))",
            "$parse('[' & $pad('', 200000, '[],') & '1]')",
            "$match($pad('', 100000, 'x'), /" + String(repeating: "(", count: 30) + "x+"
                + String(repeating: ")", count: 30) + "/)",
        ])
    func memoryIsALimitOfItsOwn(source: String) throws {
        var options = JSONataOptions()
        options.limits.maxMilliseconds = 120_000
        options.limits.maxAllocatedBytes = 4 << 20
        let error = try #require(try evaluationError(source, options: options))
        #expect(error.code == "U1001")
        #expect(error.message.contains("4194304 bytes of memory"), "\(error)")
    }

    @Test(
        arguments: [
            "$f(" + String(repeating: "1,", count: 100_000) + "1)" + String(repeating: "[]", count: 100_000),
            "[" + String(repeating: "%,", count: 250_000) + "%]",
            "$f(" + String(repeating: "/a/,", count: 250_000) + "/a/)",
        ])
    func compilationHasATimeLimit(source: String) throws {
        let limits = JSONataLimits(maxMilliseconds: 5)
        let start = processorTime()
        let error = #expect(throws: JSONataError.self) {
            try JSONataExpression(compiling: source, limits: limits)
        }
        #expect(error?.code == "U1001")
        #expect(processorTime() - start < .seconds(5))
    }

    @Test(arguments: ["?:", "??"])
    func alternativesNestWithoutCopies(symbol: String) throws {
        let count = 60
        let end = String(repeating: " \(symbol) b)", count: count)
        let source = String(repeating: "(", count: count) + "a" + end
        #expect(try evaluate(source, #"{"b": 1}"#) == "1")
    }

    @Test func searchTakesLinearTime() throws {
        let options = JSONataOptions(limits: JSONataLimits(maxMilliseconds: 60_000))
        let source = "$contains($pad('', 4000000, 'a'), $pad('', 2000000, 'a') & 'b')"
        let start = processorTime()
        #expect(try evaluate(source, options: options) == "false")
        // The product of the lengths takes hours.
        #expect(processorTime() - start < .seconds(60))
    }

    @Test func greatTimeLimitDoesNotOverflow() throws {
        let options = JSONataOptions(limits: JSONataLimits(maxMilliseconds: Int.max))
        #expect(try evaluate("1 + 1", options: options) == "2")
    }

    @Test func deepExpressionIsRefused() throws {
        let sources = [
            String(repeating: "(", count: 100_000), String(repeating: "[", count: 100_000),
            String(repeating: "-", count: 100_000) + "1",
            "1" + String(repeating: "+1", count: 100_000), "a" + String(repeating: ".a", count: 100_000),
            String(repeating: "function($x){", count: 50_000), "a" + String(repeating: "[0]", count: 100_000),
            "1" + String(repeating: "?:1", count: 2000), "a" + String(repeating: "??a", count: 2000),
        ]
        for source in sources {
            let error = try #require(try evaluationError(source))
            #expect(error.code == "U1001", "\(error)")
        }
    }

    @Test func closuresThatChainAreReleasedWithoutRecursion() throws {
        let source = "($f := $reduce([1..20000], function($f, $i) { function() { $f } }, 1); 1)"
        let options = JSONataOptions(limits: JSONataLimits(maxMilliseconds: 60_000))
        #expect(try evaluate(source, options: options) == "1")
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
        #expect(try evaluationError(source, options: options)?.message.contains("more than 50 deep") == true)
    }

    @Test func evalCanBeRemoved() throws {
        #expect(try evaluate("$eval('1 + 1')") == "2")
        #expect(
            try evaluationError("$eval('1 + 1')", options: JSONataOptions(allowsEval: false))?.code == "T1006"
        )
    }
}
