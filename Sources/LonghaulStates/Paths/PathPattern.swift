internal import LonghaulJSONata

/// A regular expression in a filter. It must match the whole string.
final class PathPattern: Sendable, Hashable {
    private let source: String
    private let flags: String
    private let expression: JSONataExpression

    /// Maximum time of all the matches of one evaluation.
    static let maxTime = Duration.milliseconds(500)

    init(_ source: String, flags: String) throws(PathError) {
        self.source = source
        self.flags = flags
        do {
            let used = flags.filter { $0 == "i" || $0 == "m" }
            expression = try JSONataExpression(compiling: "$contains($, /^(?:\(source))$/\(used))")
        } catch {
            throw PathError(.syntax, "The pattern /\(source)/ is not valid")
        }
    }

    /// Whether the pattern matches the string.
    ///
    /// - Parameter budget: The remaining time for patterns. The time of this match is subtracted.
    func matches(_ string: String, within budget: WorkBudget) throws(PathError) -> Bool {
        let start = ContinuousClock.now
        let (seconds, attoseconds) = budget.patternTime.components
        let left = Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        let options = JSONataOptions(limits: JSONataLimits(maxMilliseconds: max(0, left)))
        let result: Bool
        do {
            result = try expression.evaluate(JSONataValue(string), options: options)?.bool ?? false
        } catch {
            throw PathError(.limit, "The pattern /\(source)/ takes too long to match")
        }
        budget.patternTime -= ContinuousClock.now - start
        return result
    }

    static func == (left: PathPattern, right: PathPattern) -> Bool {
        left.source == right.source && left.flags == right.flags
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(source)
    }
}
