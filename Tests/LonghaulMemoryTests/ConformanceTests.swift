import LonghaulConformance
import LonghaulCore
import LonghaulMemory
import Testing

/// The memory drivers keep every rule of their ports.
struct ConformanceTests {
    @Test(arguments: JobStoreConformance.cases)
    func conforms(_ rule: JobStoreConformance.Case) async throws {
        try await rule.run { time, random in MemoryStore(MemoryDatabase(time: time, random: random)) }
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
