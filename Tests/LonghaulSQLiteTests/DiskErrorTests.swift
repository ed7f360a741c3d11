import CSimulatedDisk
import LonghaulCore
import LonghaulSQLite
import LonghaulStore
import Testing

/// Errors of the disk below the store.
struct DiskErrorTests {
    @Test func aReadThatFailsAnswersUnavailable() throws {
        let disk = try #require(simulated_disk_create(1))
        defer { simulated_disk_free(disk) }
        let settings = SteppedStore.Settings(
            vfs: String(cString: simulated_disk_vfs(disk)), checkpointPages: 1000)
        let store = try SteppedStore(
            path: "/longhaul.db", firstBytes: { _ in [] }, options: SQLiteStoreOptions(), settings: settings,
            time: SystemTime(), random: SystemRandom())
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
}
