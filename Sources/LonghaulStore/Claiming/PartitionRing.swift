import LonghaulCore

/// The order of pending jobs in a partitioned queue: the partitions take turns, in the order of their bytes, and each
/// gives one job.
///
/// Partitions are found as their turns come, so that the cost depends on the number of chosen jobs and not on the
/// number of partitions.
struct PartitionRing {
    /// A partition that still has jobs.
    private struct Stop {
        let value: String
        let front: LaneFront
    }

    private let source: any LaneSource
    private let makeFront: ([LaneCursor]) -> LaneFront
    /// The partition of the latest turn of an earlier claim; nil if there was none.
    private let start: String?
    /// The partitions that had a turn, in the order of their turns.
    private var visited: [Stop] = []
    /// Where to look for the next partition; nil once all have been found.
    private var place: String?
    /// Whether the search has continued at the beginning.
    private var hasWrapped: Bool

    /// - Parameter start: the partition of the latest turn.
    init(_ source: any LaneSource, after start: String?, makeFront: @escaping ([LaneCursor]) -> LaneFront) {
        self.source = source
        self.start = start
        self.makeFront = makeFront
        hasWrapped = start == nil
        place = start.map(Self.follower) ?? ""
    }

    /// The place right behind a value: the next value cannot be smaller.
    private static func follower(of value: String) -> String { value + "\u{1}" }

    /// The next jobs, at most `wanted`, each with its partition.
    mutating func next(_ wanted: Int) throws -> [(job: PendingJob, partition: String)] {
        var chosen: [(PendingJob, String)] = []
        while chosen.count < wanted {
            let left = wanted - chosen.count
            let round = try nextStops(left)
            if round.isEmpty { break }
            let share = max(1, left / (visited.count + round.count))
            let unread = round.flatMap(\.front.unread)
            if !unread.isEmpty { try source.read(unread, wanted: share) }
            for stop in round {
                guard let job = try stop.front.next(wanted: share) else { continue }
                chosen.append((job, stop.value))
                visited.append(stop)
            }
        }
        return chosen
    }

    /// The partitions whose turns come next, at most `limit`.
    private mutating func nextStops(_ limit: Int) throws -> [Stop] {
        var stops: [Stop] = []
        while stops.count < limit, let from = place {
            let asked = limit - stops.count
            let found = try source.partitions(from: from, limit: asked)
            let new = found.prefix { !isPastStart($0) }
            for value in new {
                stops.append(Stop(value: value, front: makeFront(try source.lanes(of: value))))
            }
            if new.count == asked, let last = new.last {
                place = Self.follower(of: last)
            } else if hasWrapped {
                place = nil
            } else {
                hasWrapped = true
                place = ""
            }
        }
        let again = min(limit - stops.count, visited.count)
        stops += visited.prefix(again)
        visited.removeFirst(again)
        return stops
    }

    /// Whether a partition was found before the search continued at the beginning.
    private func isPastStart(_ value: String) -> Bool {
        guard hasWrapped, let start else { return false }
        return start.utf8.lexicographicallyPrecedes(value.utf8)
    }
}
