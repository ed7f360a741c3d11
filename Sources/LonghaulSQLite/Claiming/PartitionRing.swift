import LonghaulCore

/// The pending jobs of a partitioned queue in the order in which they are leased: the values of the tag take turns, one job
/// each. A value is looked up at its turn, so the cost depends on the number of leased jobs, and not on the number of
/// values.
struct PartitionRing {
    private struct Stop {
        let value: String
        var front: PendingFront
    }

    private let queue: String
    private let lanes: [LabelLane]
    private let transaction: Transaction
    /// The value that had the latest turn in an earlier claim; nil if none had.
    private let start: String?
    /// The values found so far that still give jobs, in the order of their turns.
    private var stops: [Stop] = []
    private var position = 0
    /// Where to look for the next value; nil once all have been found.
    private var place: String?
    private var hasWrapped: Bool

    /// - Parameter start: the value that had the latest turn.
    init(_ lanes: [LabelLane], of queue: String, after start: String?, in transaction: Transaction) {
        self.lanes = lanes
        self.queue = queue
        self.transaction = transaction
        self.start = start
        hasWrapped = start == nil
        place = start.map(Self.follower) ?? ""
    }

    /// The place right behind a value: what follows it cannot be smaller.
    private static func follower(of value: String) -> String {
        value + "\u{1}"
    }

    /// The next job and the value whose turn it was; nil after the last.
    ///
    /// - Parameter wanted: the number of jobs still wanted, including this one.
    mutating func next(wanted: Int) throws -> (seq: Int64, value: String)? {
        while true {
            if position == stops.count { try findStop() }
            if position == stops.count { position = 0 }
            guard position < stops.count else { return nil }
            let value = stops[position].value
            let share = max(1, wanted / stops.count)
            if let seq = try stops[position].front.next(wanted: share) {
                position += 1
                return (seq, value)
            }
            stops.remove(at: position)
        }
    }

    /// Adds the next value that has jobs, if there is one left.
    private mutating func findStop() throws {
        guard let from = place else { return }
        let found = try lanes.compactMap { try $0.partition(from: from, transaction.connection) }
        let value = found.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if let value, !isPastStart(value) {
            let front = PendingFront(lanes, of: queue, partition: value, in: transaction)
            stops.append(Stop(value: value, front: front))
            place = Self.follower(of: value)
        } else if hasWrapped {
            place = nil
        } else {
            hasWrapped = true
            place = ""
            try findStop()
        }
    }

    /// Whether a value was visited before its turn.
    private func isPastStart(_ value: String) -> Bool {
        guard hasWrapped, let start else { return false }
        return start.utf8.lexicographicallyPrecedes(value.utf8)
    }
}
