import CSimulatedDisk
import LonghaulCore
import LonghaulStore
import Testing

@testable import LonghaulSQLite

/// Errors of the disk below the store.
struct DiskErrorTests {
    @Test func aReadThatFailsAnswersUnavailable() throws {
        let disk = try #require(simulated_disk_create(1))
        defer { simulated_disk_free(disk) }
        let store = try SteppedStore(on: disk)
        defer { store.close() }
        // The reader then knows the schema, and fails at the pages of the jobs.
        _ = try store.read { try $0.queues() }
        var faults = simulated_faults()
        faults.read = 100_000
        simulated_disk_set_faults(disk, faults)
        let error = #expect(throws: LonghaulError.self) {
            try store.read { try $0.jobs(JobFilter(), after: nil, limit: 1, reading: JobReading()) }
        }
        #expect(error?.code == .unavailable)
        simulated_disk_set_faults(disk, simulated_faults())
        #expect(try store.read { try $0.jobIDs(JobFilter(), after: nil, limit: 1) }.ids.isEmpty)
    }

    /// The failed sync can leave a part of the log that only the cache of the system holds.
    @Test func aCommitAfterAFailedSyncAndARestartSurvivesAPowerFailure() throws {
        for seed in UInt64(1)...20 {
            let disk = try #require(simulated_disk_create(seed))
            defer { simulated_disk_free(disk) }
            var store = try SteppedStore(on: disk)
            #expect(set("a", in: store))
            var faults = simulated_faults()
            faults.sync = 100_000
            simulated_disk_set_faults(disk, faults)
            #expect(!set("b", in: store))
            simulated_disk_stop(disk)
            store.close()
            simulated_disk_restart(disk, false)
            simulated_disk_set_faults(disk, simulated_faults())
            store = try SteppedStore(on: disk)
            #expect(set("c", in: store))
            simulated_disk_stop(disk)
            store.close()
            simulated_disk_restart(disk, true)
            store = try SteppedStore(on: disk)
            let names = try store.read { try $0.queues().map(\.name) }
            #expect(Set(names).isSuperset(of: ["a", "c"]))
            store.close()
        }
    }

    /// A failed opening must not copy the log into the database: a power failure would keep the copy, and only a part of
    /// the log.
    @Test func aPowerFailureAfterAFailedOpeningLeavesNoHalfOfATransaction() throws {
        var failures = 0
        for seed in UInt64(1)...60 {
            let disk = try #require(simulated_disk_create(seed))
            defer { simulated_disk_free(disk) }
            let opening = StoreOpening(
                path: "/longhaul.db", options: SQLiteStoreOptions(),
                vfs: String(cString: simulated_disk_vfs(disk)))
            func restart(powerFailed: Bool) {
                simulated_disk_restart(disk, powerFailed)
                simulated_disk_set_faults(disk, simulated_faults())
            }
            var writer = try opening.writer()
            try writer.execute("CREATE TABLE one (n); CREATE TABLE two (n)")
            try writer.execute("INSERT INTO one VALUES (0); INSERT INTO two VALUES (0)")
            try writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            try writer.execute("UPDATE one SET n = 1")
            fail(syncs: 100_000, on: disk)
            #expect(throws: (any Error).self) {
                try writer.execute("BEGIN; UPDATE one SET n = 2; UPDATE two SET n = 2; COMMIT")
            }
            simulated_disk_stop(disk)
            writer.close()
            restart(powerFailed: false)

            fail(syncs: 50_000, on: disk)
            if let writer = try? opening.writer() { writer.close() } else { failures += 1 }
            simulated_disk_stop(disk)
            restart(powerFailed: true)

            writer = try opening.writer()
            let numbers = try writer.first(Query("SELECT one.n, two.n FROM one, two")) {
                [$0.int(0), $0.int(1)]
            }
            #expect(numbers == [1, 0] || numbers == [2, 2], "seed \(seed)")
            writer.close()
        }
        #expect(failures > 0)
    }

    private func fail(syncs: UInt32, on disk: OpaquePointer) {
        var faults = simulated_faults()
        faults.sync = syncs
        simulated_disk_set_faults(disk, faults)
    }

    /// Stores a queue. Returns whether it was committed.
    private func set(_ queue: String, in store: SteppedStore) -> Bool {
        let call = QueueCall(queue)
        store.run([call])
        return call.isCommitted
    }
}

/// A call that stores a queue. One thread uses it.
private final class QueueCall: Call, @unchecked Sendable {
    typealias Context = any StoreTransaction

    let weight = 1
    private let queue: String
    private(set) var isCommitted = false

    init(_ queue: String) {
        self.queue = queue
    }

    func run(in transaction: any StoreTransaction) throws {
        _ = try transaction.setQueue(queue, QueueSettings(maxDepth: 5))
    }

    func answer() { isCommitted = true }
    func fail(_ error: LonghaulError) {}
}
