import LonghaulConformance
import LonghaulCore
import LonghaulMemory
import Synchronization
import Testing

/// The memory drivers satisfy the rules of their ports.
struct ConformanceTests {
    @Test(arguments: JobStoreConformance.cases)
    func conforms(_ rule: JobStoreConformance.Case) async throws {
        let databases = Mutex<[MemoryDatabase]>([])
        try await rule.run { time, random in
            let database = MemoryDatabase(time: time, random: random)
            databases.withLock { $0.append(database) }
            return MemoryStore.open(database)
        }
        // A SQL store would keep what a call wrote before it threw.
        for database in databases.withLock({ $0 }) { #expect(database.partialWrites == 0) }
    }

    @Test func artifactsConform() async throws {
        let store = MemoryArtifactStore()
        try await ArtifactStoreConformance(store: store) { location in
            guard case .url(let url) = location else { return [] }
            let parts = url.dropFirst("memory:".count).split(separator: "/")
            let job = try #require(JobID(String(parts[0])))
            let fence = try #require(Int(parts[1]))
            let folder = ArtifactFolder(jobID: job, fence: fence)
            return try #require(store.bytes(folder, name: String(parts[2])))
        }.run()
    }
}
