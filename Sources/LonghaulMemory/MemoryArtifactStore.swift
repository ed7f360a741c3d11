public import LonghaulCore
import Synchronization

/// Artifacts in memory, for tests and simulations only. It outlives a simulated crash, as a disk does.
public final class MemoryArtifactStore: ArtifactStore {
    private let folders = Mutex<[ArtifactFolder: [String: [UInt8]]]>([:])

    /// A store without files.
    public init() {}

    /// Every folder with files, and their names.
    public var contents: [ArtifactFolder: [String]] {
        folders.withLock { $0.mapValues { $0.keys.sorted() } }
    }

    /// The bytes of a file; nil if there is none.
    public func bytes(_ folder: ArtifactFolder, name: String) -> [UInt8]? {
        folders.withLock { $0[folder]?[name] }
    }

    /// Writes a file.
    public func put(
        _ folder: ArtifactFolder, name: String, maxBytes: Int64, next: () async throws -> [UInt8]?
    ) async throws -> StoredFile {
        if let fault = ArtifactName.fault(in: name) { throw LonghaulError(.invalidRequest, fault) }
        var file: [UInt8] = []
        while let bytes = try await next() {
            file += bytes
            guard Int64(file.count) <= maxBytes else {
                throw LonghaulError(.payloadTooLarge, "the file has more than \(maxBytes) bytes")
            }
        }
        let whole = file
        folders.withLock { $0[folder, default: [:]][name] = whole }
        return StoredFile(
            sizeBytes: Int64(whole.count), sha256: SHA256.hexadecimal(SHA256.digest(whole)))
    }

    /// Where a file can be read: an address of no network, `memory:job/fence/name`.
    public func locate(_ folder: ArtifactFolder, name: String) async throws -> ArtifactLocation {
        guard bytes(folder, name: name) != nil else {
            throw LonghaulError(.notFound, "there is no artifact of this name")
        }
        return .url("memory:\(folder.jobID)/\(folder.fence)/\(name)")
    }

    /// Removes one file, if it is there.
    public func remove(_ folder: ArtifactFolder, name: String) async throws {
        folders.withLock { $0[folder]?[name] = nil }
    }

    /// Removes a folder with all its files, if it is there.
    public func remove(_ folder: ArtifactFolder) async throws {
        folders.withLock { $0[folder] = nil }
    }

    /// Removes every folder of a job.
    public func removeAll(of job: JobID) async throws {
        folders.withLock { folders in folders = folders.filter { $0.key.jobID != job } }
    }

    /// Removes every folder that `owners` does not return, and the files that their owner does not have.
    public func sweep(
        _ owners: ([ArtifactFolder]) async throws -> [ArtifactFolder: ArtifactOwner]
    ) async throws -> Int {
        let present = contents
        let found = try await owners(Array(present.keys))
        return folders.withLock { folders in
            for (folder, names) in present {
                guard let owner = found[folder] else {
                    folders[folder] = nil
                    continue
                }
                for name in names where !owner.keeps(name) { folders[folder]?[name] = nil }
            }
            return present.keys.count { found[$0] == nil }
        }
    }

    /// Does nothing: memory is always there.
    public func checkReady() async throws {}
}
