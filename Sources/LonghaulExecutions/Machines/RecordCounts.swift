internal import LonghaulCore
internal import Synchronization

/// The numbers of machines and activities that this server has counted.
///
/// The store does not count records. A server counts them when it creates one, and trusts its count for a minute. So
/// several servers that create machines at the same moment may exceed a limit by what they create in a minute.
final class RecordCounts: Sendable {
    private struct Count {
        var number: Int
        let countedAt: Timestamp
    }

    private let counts = Mutex<[RecordSpace: Count]>([:])
    private static let maxAgeSeconds = 60.0

    /// The number of records in a space; nil if it must be counted.
    func number(of space: RecordSpace, at time: Timestamp) -> Int? {
        counts.withLock { counts in
            guard let count = counts[space],
                (0..<RecordCounts.maxAgeSeconds).contains(time.seconds(since: count.countedAt))
            else { return nil }
            return count.number
        }
    }

    /// Stores what was counted.
    func set(_ number: Int, of space: RecordSpace, at time: Timestamp) {
        counts.withLock { $0[space] = Count(number: number, countedAt: time) }
    }

    /// Counts a record that this server has created or deleted.
    func add(_ change: Int, of space: RecordSpace) {
        counts.withLock { $0[space]?.number += change }
    }
}

extension StepFunctions {
    /// Whether there is room for one more record in a space.
    func hasRoom(_ space: RecordSpace, _ limit: Int) async throws(ServiceError) -> Bool {
        let now = time.now()
        if let number = counts.number(of: space, at: now) { return number < limit }
        var range = RecordRange(space, limit: 1000)
        var number = 0
        while number < limit {
            let records = try await read(range)
            guard let last = records.last else { break }
            number += records.count
            range.after = last.key.name
        }
        counts.set(number, of: space, at: now)
        return number < limit
    }
}
