import CSimulatedDisk
import LonghaulCore
import LonghaulFlaws
import LonghaulSQLite
import LonghaulStore

/// The machine that a server with the SQLite store runs on: a simulated disk, whose power can fail.
final class Machine: @unchecked Sendable {
    private static let path = "/longhaul.db"
    /// The number of operations on the disk within which a machine stops.
    private static let maxOperations = 24

    /// A disk with a new store, which is only copied. That takes a fraction of the time of creating a store.
    nonisolated(unsafe) private static let template: OpaquePointer? = {
        guard let disk = simulated_disk_create(0) else { return nil }
        let name = String(cString: simulated_disk_vfs(disk))
        let store = try? SteppedStore(
            path: path, firstBytes: { _ in [] }, options: SQLiteStoreOptions(),
            settings: SteppedStore.Settings(vfs: name, checkpointPages: 1000), time: FixedTime(),
            random: SeededRandom(seed: 0))
        guard let store else { return nil }
        store.close()
        return disk
    }()

    let conditions: DiskConditions
    private let dice: Dice
    private let disk: OpaquePointer
    /// The transactions that failed, and that a restart may find in the log all the same.
    private(set) var uncertain: [UncertainTransaction] = []
    /// The process that has the store open.
    weak var process: SQLiteProcess?
    /// The faults of the disk that the trace has noted.
    private var noted = simulated_fault_counts()

    init(dice: Dice) {
        self.dice = dice
        conditions = DiskConditions(dice)
        let disk =
            conditions.isNew
            ? simulated_disk_create(dice.next())
            : Self.template.flatMap { simulated_disk_copy($0, dice.next()) }
        guard let disk else { fatalError("the simulated disk cannot be created") }
        self.disk = disk
    }

    deinit {
        simulated_disk_free(disk)
    }

    // MARK: The store

    /// Opens the store.
    func open(flaw: Flaw?, time: any TimeSource) throws(LonghaulError) -> SteppedStore {
        try Self.open(disk, conditions, flaw, time, dice)
    }

    private static func open(
        _ disk: OpaquePointer, _ conditions: DiskConditions, _ flaw: Flaw?, _ time: any TimeSource,
        _ dice: Dice
    ) throws(LonghaulError) -> SteppedStore {
        var settings = SteppedStore.Settings(
            vfs: String(cString: simulated_disk_vfs(disk)), checkpointPages: conditions.checkpointPages)
        if flaw == .synchronousOff { settings.writerSQL = "PRAGMA synchronous = OFF" }
        if flaw == .unsyncedCheckpoint { settings.checkpointerSQL = "PRAGMA synchronous = OFF" }
        return try SteppedStore(
            path: path, firstBytes: { firstBytes(of: $0, on: disk) }, options: conditions.options,
            settings: settings, time: time, random: dice)
    }

    private static func firstBytes(of path: String, on disk: OpaquePointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 100) { buffer, count in
            count = simulated_disk_read(disk, path, buffer.baseAddress, 100)
        }
    }

    /// Passes the store to `body` as it is found on a copy of the disk after a power failure.
    func withCopyAfterPowerFailure(
        time: any TimeSource, _ body: (SteppedStore) async throws -> Void
    ) async throws {
        guard let copy = simulated_disk_copy(disk, dice.next()) else { return }
        defer { simulated_disk_free(copy) }
        simulated_disk_restart(copy, true)
        let store = try Self.open(copy, conditions, nil, time, dice)
        defer { store.close() }
        try await body(store)
    }

    // MARK: Faults

    /// Whether the machine has stopped.
    var isStopped: Bool { simulated_disk_is_stopped(disk) }

    /// The number of faults of the disk so far.
    var faultCount: UInt32 {
        let counts = simulated_disk_fault_counts(disk)
        return counts.reads + counts.short_reads + counts.writes + counts.full + counts.syncs + counts.opens
    }

    /// Prepares the faults of the next step of the store.
    func prepare(isFaulty: Bool, isFull: Bool) {
        simulated_disk_set_faults(disk, isFaulty ? conditions.faults : simulated_faults())
        simulated_disk_set_full(disk, isFull)
        let stops = isFaulty && dice.chance(conditions.stops)
        simulated_disk_stop_after(disk, stops ? Int64(dice.below(Self.maxOperations)) : -1)
    }

    /// Stops the machine now.
    func stop() {
        simulated_disk_stop(disk)
    }

    /// Ends the process that runs on the machine, in a power failure or by itself, and starts the machine again.
    func fail(_ trace: Trace) {
        stop()
        process?.end()
        let powerFailed = dice.chance(conditions.powerFailures)
        trace.fault(powerFailed ? "power failure" : "process end")
        simulated_disk_restart(disk, powerFailed)
    }

    /// Notes the faults of the disk since the last call.
    func note(in trace: Trace) {
        let counts = simulated_disk_fault_counts(disk)
        for (name, key) in Self.faultNames where counts[keyPath: key] > noted[keyPath: key] {
            trace.fault(name)
        }
        noted = counts
    }

    private static var faultNames: [(String, KeyPath<simulated_fault_counts, UInt32>)] {
        [
            ("failed read", \.reads), ("short read", \.short_reads), ("failed write", \.writes),
            ("no space", \.full), ("failed sync", \.syncs), ("failed opening", \.opens),
        ]
    }

    // MARK: Transactions whose outcome is not known

    /// The transaction that was written last to the log, whether or not it is durable.
    var writtenCommit: simulated_commit { simulated_disk_written_commit(disk) }

    /// How often the end of a transaction was written to the log.
    var commits: UInt64 { simulated_disk_commits(disk) }

    /// Remembers a transaction that failed after its last frame was written.
    func remember(_ transaction: UncertainTransaction) {
        uncertain.append(transaction)
    }

    /// Forgets the transactions that failed: a later one has overwritten their frames.
    func forgetUncertain() {
        uncertain = []
    }

    /// Whether there is a write-ahead log. A process that closes the store well has copied it into the database.
    var hasLog: Bool { simulated_disk_size(disk, Self.path + "-wal") > 0 }

    /// The failed transaction that the log contains after all, once the log has been read; nil if it contains none.
    func takeSurvivor() -> UncertainTransaction? {
        let indexed = simulated_disk_indexed_commit(disk, Self.path)
        guard !indexed.isEmpty else { return nil }
        defer { uncertain = [] }
        return uncertain.first { $0.commit == indexed }
    }
}

extension simulated_commit {
    static func == (left: simulated_commit, right: simulated_commit) -> Bool {
        left.salt == right.salt && left.checksum == right.checksum
    }

    /// Whether it stands for no transaction.
    var isEmpty: Bool { salt == 0 && checksum == 0 }
}

/// A clock that stands still.
private struct FixedTime: TimeSource {
    func now() -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000) }
    func sleep(until moment: Timestamp) async throws {}
}
