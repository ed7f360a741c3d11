import LonghaulJSON
import LonghaulJSONata
import Testing

/// Syntax errors name their place, in UTF-16 code units.
@Suite struct ParserTests {
    @Test(
        arguments: [
            ("1 +", "S0207", 3), ("(1", "S0203", 2), ("[1, 2", "S0203", 5), ("'abc", "S0101", 4),
            ("'a\\q'", "S0103", 3), ("'\\u12'", "S0104", 2), ("`abc", "S0105", 4), ("1 /* x", "S0106", 2),
            ("1e999", "S0102", 0), ("a b", "S0201", 3), ("{1:2", "S0203", 4), ("a ! b", "S0204", 3),
            ("//", "S0301", 1), ("/abc", "S0302", 4), ("/(?>a)/", "S0303", 7), ("1 := 2", "S0212", 1),
            ("a.1", "S0213", 3), ("a@b", "S0214", 3), ("a[0]@$x", "S0215", 5), ("a^(b)@$x", "S0216", 6),
            ("a{'b': 1}{'c': 2}", "S0210", 10), ("*+)", "S0211", 3), ("\u{1F600}.1", "S0213", 4),
            ("function(a) {1}", "S0208", 10), ("function($a)<s<n>>{1}", "S0401", 15),
        ])
    func syntaxErrorHasPosition(source: String, code: String, position: Int) throws {
        let error = try #require(try evaluationError(source))
        #expect(error.code == code, "\(error)")
        #expect(error.position == position, "\(error)")
    }

    @Test func evaluationErrorHasTokenAndPosition() throws {
        let sum = try #require(try evaluationError("1 + 'a'"))
        #expect(sum.code == "T2002")
        #expect(sum.token == "+")
        #expect(sum.position == 3)
        let call = try #require(try evaluationError("$uppercase(1)"))
        #expect(call.code == "T0410")
        #expect(call.token == "uppercase")
        #expect(call.position == 11)
    }

    @Test func commentsAndKeywordsAsNames() throws {
        #expect(try evaluate("/* a */ and.or /* b */", #"{"and": {"or": 1}}"#) == "1")
        #expect(try evaluate("in in [1, 2]", #"{"in": 2}"#) == "true")
    }

    @Test func expressionsAreSharedBetweenThreads() async throws {
        let expression = try JSONataExpression(
            compiling: "($f := function($x) { $x * factor }; $sum(n.$f($)))")
        let input = try JSONataValue(parsing: Array(#"{"factor": 1, "n": [1, 2, 3]}"#.utf8))
        try await withThrowingTaskGroup(of: Double?.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    var last: Double?
                    for _ in 0..<50 { last = try expression.evaluate(input)?.number }
                    return last
                }
            }
            for try await result in group { #expect(result == 6) }
        }
    }
}
