import LonghaulCore
import LonghaulMemory

/// The artifact store, as one server's process sees it. Calls fail after the process has died.
final class SimulatedArtifacts: ArtifactStore {
    private let inner: MemoryArtifactStore
    private let life: ProcessLife

    init(_ inner: MemoryArtifactStore, life: ProcessLife) {
        self.inner = inner
        self.life = life
    }

    func put(
        _ folder: ArtifactFolder, name: String, maxBytes: Int64, next: () async throws -> [UInt8]?
    ) async throws -> StoredFile {
        try life.check()
        return try await inner.put(folder, name: name, maxBytes: maxBytes) { [life] in
            let bytes = try await next()
            try life.check()
            return bytes
        }
    }

    func locate(_ folder: ArtifactFolder, name: String) async throws -> ArtifactLocation {
        try life.check()
        return try await inner.locate(folder, name: name)
    }

    func remove(_ folder: ArtifactFolder, name: String) async throws {
        try life.check()
        try await inner.remove(folder, name: name)
    }

    func remove(_ folder: ArtifactFolder) async throws {
        try life.check()
        try await inner.remove(folder)
    }

    func removeAll(of job: JobID) async throws {
        try life.check()
        try await inner.removeAll(of: job)
    }

    func sweep(
        _ owners: ([ArtifactFolder]) async throws -> [ArtifactFolder: ArtifactOwner]
    ) async throws -> Int {
        try life.check()
        return try await inner.sweep { folders in
            let found = try await owners(folders)
            try self.life.check()
            return found
        }
    }

    func checkReady() async throws {
        try life.check()
    }
}
