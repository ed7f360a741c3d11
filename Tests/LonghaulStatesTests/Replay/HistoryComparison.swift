import LonghaulStates

/// How well a history fits a recording.
enum HistoryGrade {
    /// The same events in the same order, with the same identifiers and details.
    case exact
    /// The same events once those of concurrent branches are put in an order.
    case loose
}

/// Compares histories.
struct HistoryComparison {
    let free: [String]

    func compare(_ want: [StateValue], _ got: [StateValue]) throws -> HistoryGrade {
        let isNumbered = want.allSatisfy { ($0["id"]?.number?.int64 ?? 0) > 0 }
        do {
            guard isNumbered else { throw Unification.Difference(description: "ids were not recorded") }
            var unification = Unification(free: free)
            try unification.unify(.array(byID(want)), .array(byID(got)))
            return .exact
        } catch {
            let kinds = Set(want.map(type))
            if isNumbered,
                kinds.isDisjoint(with: ["MapStateStarted", "ParallelStateStarted", "MapRunStarted"])
            {
                throw error
            }
            try compareLoosely(want, got, isNumbered, first: error)
            return .loose
        }
    }

    private func compareLoosely(
        _ want: [StateValue], _ got: [StateValue], _ isNumbered: Bool, first: any Error
    ) throws {
        var want = want
        var got = got
        // Recordings without numbers have lost the ends of the branches themselves.
        if !isNumbered {
            want.removeAll { type($0).hasPrefix("ParallelState") }
            got.removeAll { type($0).hasPrefix("ParallelState") }
        }
        let left = counts(want)
        let right = counts(got)
        guard left == right else {
            let missing = left.filter { $0.value > right[$0.key, default: 0] }.keys.sorted()
            let unwanted = right.filter { $0.value > left[$0.key, default: 0] }.keys.sorted()
            throw Unification.Difference(
                description: "events missing \(missing), unwanted \(unwanted); \(first)")
        }
        var unification = Unification(free: free)
        try unification.unify(
            .array(canonical(want, isNumbered, unification)), .array(canonical(got, isNumbered, unification)))
    }

    private func type(_ event: StateValue) -> String { event["type"]?.string ?? "" }

    private func byID(_ events: [StateValue]) -> [StateValue] {
        events.sorted { ($0["id"]?.number?.int64 ?? 0) < ($1["id"]?.number?.int64 ?? 0) }
    }

    private func counts(_ events: [StateValue]) -> [String: Int] {
        Dictionary(events.map { (type($0), 1) }, uniquingKeysWith: +)
    }

    /// The events without their numbers, each with the type of the event before it, in an order.
    private func canonical(
        _ events: [StateValue], _ isNumbered: Bool, _ unification: Unification
    ) -> [StateValue] {
        var kinds: [Int64: String] = [:]
        for event in events { event["id"]?.number?.int64.map { kinds[$0] = type(event) } }
        let bare = events.map { event in
            var object = event.object ?? StateObject()
            if isNumbered {
                let previous = event["previousEventId"]?.number?.int64 ?? 0
                object["after"] = .string(kinds[previous] ?? "start")
            }
            for key in ["id", "previousEventId", "timestamp"] { object[key] = nil }
            return StateValue.object(object)
        }
        let keyed = bare.map { (type($0), unification.canonical($0), $0) }
        return keyed.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }
}
