extension Evaluator {
    private static let matchKey: Text = "match"
    private static let startKey: Text = "start"
    private static let endKey: Text = "end"
    private static let groupsKey: Text = "groups"
    private static let nextKey: Text = "next"

    /// One match of a regular expression, or of a function that acts as one.
    struct Match {
        let text: Value
        let start: Int
        let end: Int
        let groups: [Value]
    }

    /// Calls the regular expression as a function: an object with the match and a function for the next one.
    func match(_ pattern: Pattern, _ subject: Text, from offset: Int, position: Int) throws(Failure) -> Value
    {
        guard let found = try pattern.firstMatch(in: subject, from: offset, budget) else { return .undefined }
        try allocate(found)
        let next = FunctionValue(
            .nextMatch(pattern, position: position, subject: subject, offset: found.end))
        return .object(
            ObjectValue([
                (Evaluator.matchKey, .string(subject.slice(found.start, found.end))),
                (Evaluator.startKey, .number(Double(found.start))),
                (Evaluator.endKey, .number(Double(found.end))),
                (Evaluator.groupsKey, .list(groups(found, subject))),
                (Evaluator.nextKey, .function(next)),
            ]))
    }

    /// Counts the memory of the texts of a match and its groups.
    private func allocate(_ found: Pattern.Match) throws(Failure) {
        var bytes = 256 + (found.end - found.start) * 2
        for group in found.groups { bytes += 64 + (group?.count ?? 0) * 2 }
        try budget.allocate(bytes)
    }

    private func groups(_ found: Pattern.Match, _ subject: Text) -> [Value] {
        found.groups.map { range in
            range.map { .string(subject.slice($0.lowerBound, $0.upperBound)) } ?? .undefined
        }
    }

    /// The match after another one.
    func nextMatch(
        _ pattern: Pattern, _ subject: Text, from offset: Int, position: Int
    ) throws(Failure) -> Value {
        guard offset < subject.count else { return .undefined }
        let next = try match(pattern, subject, from: offset, position: position)
        if case .object(let object) = next, case .string(let text)? = object[Evaluator.matchKey], text.isEmpty
        {
            throw zeroLength(pattern, position)
        }
        return next
    }

    private func zeroLength(_ pattern: Pattern, _ position: Int) -> Failure {
        Failure("D1004", position: position, value: .string(pattern.source))
    }

    /// Calls a body for the matches in a string, until it returns false.
    func forEachMatch(
        of matcher: FunctionValue, in subject: Text, _ body: (Match) throws(Failure) -> Bool
    ) throws(Failure) {
        if let (pattern, position) = matcher.pattern {
            try forEachMatch(of: pattern, position, in: subject, body)
        } else {
            try forEachMatch(ofFunction: matcher, in: subject, body)
        }
    }

    private func forEachMatch(
        of pattern: Pattern, _ position: Int, in subject: Text, _ body: (Match) throws(Failure) -> Bool
    ) throws(Failure) {
        var offset = 0
        var isFirst = true
        while isFirst || offset < subject.count {
            guard let found = try pattern.firstMatch(in: subject, from: offset, budget) else { return }
            if !isFirst, found.start == found.end { throw zeroLength(pattern, position) }
            isFirst = false
            try allocate(found)
            let match = Match(
                text: .string(subject.slice(found.start, found.end)), start: found.start, end: found.end,
                groups: groups(found, subject))
            guard try body(match) else { return }
            offset = found.end
        }
    }

    /// Follows the chain of objects that a function used as a matcher returns.
    private func forEachMatch(
        ofFunction matcher: FunctionValue, in subject: Text, _ body: (Match) throws(Failure) -> Bool
    ) throws(Failure) {
        var result = try call(matcher, [.string(subject)])
        while result.isDefined {
            guard case .object(let object) = result, case .number(let start)? = object[Evaluator.startKey]
            else {
                throw Failure("T1010")
            }
            var end = start
            if case .number(let number)? = object[Evaluator.endKey] { end = number }
            let match = Match(
                text: object[Evaluator.matchKey] ?? .undefined, start: Evaluator.offset(start, subject),
                end: Evaluator.offset(end, subject), groups: object[Evaluator.groupsKey]?.array?.items ?? [])
            guard try body(match) else { return }
            guard case .function(let next)? = object[Evaluator.nextKey] else { throw Failure("T1010") }
            result = try call(next, [])
        }
    }

    private static func offset(_ number: Double, _ subject: Text) -> Int {
        number.isNaN ? 0 : Int(max(0, min(number, Double(subject.count))))
    }
}

extension FunctionValue {
    /// The regular expression, if the function is one.
    fileprivate var pattern: (Pattern, Int)? {
        switch kind {
        case .regex(let pattern, let position): (pattern, position)
        case .passed(let inner): inner.pattern
        default: nil
        }
    }
}
