import LonghaulJSON
import LonghaulJSONata

/// Targets for JSONata expressions.
extension FuzzTarget {
    private static let document =
        #"{"a":[{"b":1,"t":"x"},{"b":2,"t":"é😀"}],"n":-1.5,"s":"The quick fox","e":[],"o":{"p":{"q":[[1],[2]]}}}"#

    private static let expressions = [
        "$sum(a.b) + n * 2 - -1", "a[b > 1].t & $string(o)", "$ ~> |a|{'c': b}, ['t']|",
        "a@$x.o@$y.{'x': $x.b}",
        "a#$i^(>b, t){t: $i}", "$match(s, /(q)(u|i)*/i).groups[0]", "$replace(s, /\\w+/, '<$0$1>', 2)",
        "($f := function($n)<n:n>{$n < 2 ? 1 : $n * $f($n - 1)}; $f(5))",
        "$map(a.t, $substring(?, 0, 1)) ?? 1",
        "$formatNumber(n, '#,##0.0e0;(0%)')", "$formatInteger(12345, 'Ww;o') ?: 0",
        "$parseInteger('XII', 'I')",
        "$fromMillis(0, '[Y0001]-[M01] [FNn] [H#1]:[m] [Z]', '+0130')",
        "$toMillis('1 May 2020', '[D] [MNn] [Y]')",
        "$sort(a, function($l, $r){$l.b < $r.b}) ~> $reverse()", "$zip(a.b, [1, 2]).**", "a.t.%.b in [1, 2]",
        "$eval('[1, 2].($ + 1)')[[0..1]]", "$split(s, /\\s/) ~> $join('-') ~> $pad(-20, '#')",
        "$reduce(a.b, function($p, $q){$p & $q}, '')", "$sift(o, function($v, $k){$k = 'p'})[]", "o.*.q[-1]",
        "$merge($spread(a)){`t`: $}", "$encodeUrlComponent(s) = $decodeUrl('%C3%A9')",
        "$partition([1..9], 2)",
    ]

    private static let words = [
        "$", "$$", "**", "%", "~>", ":=", "..", "(0/0)", "1e308", "-1", "9007199254740993", "function($x){",
        "|", "?",
        "$count(", "$pad('',1e6)", "/(a*)*b/", "[1..1e6]", "^(", "@$v", "#$i", "λ($a)<a<n>-:x>{", "\u{1F600}",
        "\\ud83d",
    ]

    /// Expressions compile and run within their limits, or fail with a code.
    static let jsonata = FuzzTarget("jsonata", seeds: expressions, words: words) { bytes in
        guard let source = String(validating: bytes, as: UTF8.self) else { return false }
        let limits = JSONataLimits(maxMilliseconds: 20, maxDepth: 200, maxAllocatedBytes: 4 << 20)
        let start = ContinuousClock.now
        do {
            let input = try JSONataValue(parsing: Array(document.utf8))
            let result = try JSONataExpression(compiling: source, limits: limits).evaluate(
                input, options: JSONataOptions(limits: limits))
            if let text = try result?.json(limits: limits) { _ = try JSONataValue(parsing: text.bytes) }
            try expect(try input.json().description == document, "changes its input")
        } catch let error as JSONataError {
            try expect(!error.code.isEmpty && !error.message.isEmpty, "has no code or no message")
            try expect(ContinuousClock.now - start < .seconds(5), "takes longer than its limit")
            return false
        }
        try expect(ContinuousClock.now - start < .seconds(5), "takes longer than its limit")
        return true
    }
}
