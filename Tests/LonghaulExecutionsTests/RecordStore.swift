import LonghaulCore
import LonghaulMemory
import LonghaulTestSupport

/// A store in memory. A test can let another writer come first, or let the store fail.
final class RecordStore: ExecutionStore {
    private let store: any ExecutionStore
    /// Runs before each write.
    let beforeWrite = Shared<(@Sendable () async throws -> Void)?>(nil)
    /// The error of each call; nil for none.
    let failure = Shared<LonghaulError?>(nil)

    init(time: any TimeSource = SystemTime()) {
        store = MemoryStore.open(MemoryDatabase(time: time, random: SeededRandom(seed: 3)))
    }

    func record(_ key: RecordKey) async throws -> KeyedRecord? {
        if let failure = failure.value { throw failure }
        return try await store.record(key)
    }

    func records(_ range: RecordRange) async throws -> [KeyedRecord] {
        if let failure = failure.value { throw failure }
        return try await store.records(range)
    }

    func write(_ writes: [RecordWrite], starting execution: Submission?) async throws -> RecordOutcome {
        if let failure = failure.value { throw failure }
        try await beforeWrite.value?()
        return try await store.write(writes, starting: execution)
    }

    /// All names of a space.
    func names(_ space: RecordSpace) async throws -> [String] {
        var names: [String] = []
        var range = RecordRange(space, limit: 1000)
        while true {
            let page = try await store.records(range).map(\.key.name)
            guard let last = page.last else { return names }
            names += page
            range.after = last
        }
    }

    /// The number of revisions of machines.
    func revisionCount() async throws -> Int {
        try await names(.revision).count { $0.contains("/") }
    }

    func execution(_ token: LeaseToken, withParts: Bool) async throws -> ExecutionState {
        try await store.execution(token, withParts: withParts)
    }

    func advance(_ token: LeaseToken, _ advance: ExecutionAdvance) async throws -> AdvanceOutcome {
        try await store.advance(token, advance)
    }

    func report(_ report: ExecutionReport, to id: JobID) async throws {
        try await store.report(report, to: id)
    }

    func report(_ call: TaskCall) async throws {
        try await store.report(call)
    }
}
