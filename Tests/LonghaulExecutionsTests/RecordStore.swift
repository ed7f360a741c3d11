import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport

/// A store of records in memory, without executions. A test can let another writer come first, or let the store fail.
final class RecordStore: ExecutionStore {
    private let stored = Shared<[RecordKey: KeyedRecord]>([:])
    /// Runs before each write.
    let beforeWrite = Shared<(@Sendable () async throws -> Void)?>(nil)
    /// The error of each call; nil for none.
    let failure = Shared<LonghaulError?>(nil)
    /// The number of writes that were tried.
    let writes = Shared(0)

    func record(_ key: RecordKey) async throws -> KeyedRecord? {
        if let failure = failure.value { throw failure }
        precondition((1...RecordKey.maxNameBytes).contains(key.name.utf8.count) && !key.name.utf8.contains(0))
        return stored.value[key]
    }

    func records(_ range: RecordRange) async throws -> [KeyedRecord] {
        if let failure = failure.value { throw failure }
        precondition(range.limit > 0)
        let all = stored.value.values.filter { record in
            record.key.space == range.space && record.key.jobID == range.jobID
                && record.key.name.utf8.starts(with: range.prefix.utf8)
        }
        let sorted = all.sorted { left, right in
            let isBefore = left.key.name.utf8.lexicographicallyPrecedes(right.key.name.utf8)
            return range.isDescending ? !isBefore : isBefore
        }
        let place = range.after.map { Array($0.utf8) }
        let rest = sorted.filter { record in
            guard let place else { return true }
            let name = Array(record.key.name.utf8)
            return range.isDescending
                ? name.lexicographicallyPrecedes(place) : place.lexicographicallyPrecedes(name)
        }
        var bytes = 0
        let page = rest.prefix { record in
            defer { bytes += record.value.bytes.count }
            return bytes == 0 || bytes + record.value.bytes.count <= range.maxBytes
        }
        return Array(page.prefix(range.limit))
    }

    func write(_ writes: [RecordWrite], starting execution: Submission?) async throws -> RecordOutcome {
        self.writes.withLock { $0 += 1 }
        if let failure = failure.value { throw failure }
        try await beforeWrite.value?()
        return stored.withLock { stored in
            for write in writes {
                let revision = stored[write.key]?.revision
                switch write.condition {
                case .always: break
                case .absent: guard revision == nil else { return .conflict(write.key) }
                case .revision(let wanted): guard revision == wanted else { return .conflict(write.key) }
                }
            }
            for write in writes {
                let revision = (stored[write.key]?.revision ?? 0) + 1
                stored[write.key] = write.value.map {
                    KeyedRecord(key: write.key, value: $0, revision: revision)
                }
            }
            return .written(nil)
        }
    }

    /// All names of a space.
    func names(_ space: RecordSpace) -> [String] {
        stored.value.keys.filter { $0.space == space }.map(\.name).sorted()
    }

    /// The number of revisions of machines.
    var revisionCount: Int { names(.revision).count { $0.contains("/") } }

    func execution(_ token: LeaseToken, withParts: Bool) async throws -> ExecutionState {
        throw LonghaulError(.internal, "there are no executions")
    }

    func advance(_ token: LeaseToken, _ advance: ExecutionAdvance) async throws -> AdvanceOutcome {
        throw LonghaulError(.internal, "there are no executions")
    }

    func report(_ report: ExecutionReport, to id: JobID) async throws {
        throw LonghaulError(.internal, "there are no executions")
    }

    func report(_ call: TaskCall) async throws {
        throw LonghaulError(.internal, "there are no executions")
    }
}
