import LonghaulConcurrency
public import LonghaulCore

/// Artifacts as files under one folder: `<root>/<shard>/<job>/<fence>/<name>`.
///
/// A file is written under a temporary name in `<root>/.tmp`, synced, and renamed to its path. The changed folders are
/// synced too. So a file is either complete and durable, or absent. All disk operations run on threads that may block.
public final class FileArtifactStore: ArtifactInventory {
    let layout: FileLayout
    let disk = BlockingPool.shared
    /// The temporary files of this process. The sweep keeps them.
    let uploads = UploadNames()

    /// A store in the folder at `path`, which is created if it does not exist.
    ///
    /// - Throws: ``LonghaulError`` `unavailable` if the folder cannot be created or written.
    public init(path: String) throws(LonghaulError) {
        layout = FileLayout(root: path)
        try DiskFolder.make(layout.temporary)
        try DiskFolder.expectWritable(layout.root)
    }

    /// Writes a file, durably.
    public func put(
        _ folder: ArtifactFolder, name: String, maxBytes: Int64, next: () async throws -> [UInt8]?
    ) async throws -> StoredFile {
        if let fault = ArtifactName.fault(in: name) { throw LonghaulError(.invalidRequest, fault) }
        let temporary = uploads.begin()
        defer { uploads.end(temporary) }
        let path = layout.temporary + "/" + temporary
        let upload = try await disk.run { try Upload(path: path) }
        do {
            while let bytes = try await next() {
                guard upload.sizeBytes + Int64(bytes.count) <= maxBytes else {
                    throw LonghaulError(.payloadTooLarge, "the file has more than \(maxBytes) bytes")
                }
                try await disk.run { try upload.append(bytes) }
            }
            return try await disk.run { [layout] in
                let file = try upload.finish()
                try DiskFolder.move(path, into: layout.path(of: folder), as: name)
                return file
            }
        } catch {
            try? await disk.run { try DiskFolder.removeFile(path) }
            throw error
        }
    }

    /// The location of a file.
    public func locate(_ folder: ArtifactFolder, name: String) async throws -> ArtifactLocation {
        guard ArtifactName.fault(in: name) == nil else {
            throw LonghaulError(.notFound, "there is no artifact with this name")
        }
        let path = layout.path(of: folder) + "/" + name
        return try await disk.run {
            guard let size = DiskFolder.sizeOfFile(path) else {
                throw LonghaulError(.notFound, "the artifact's file does not exist")
            }
            return .file(path: path, sizeBytes: size)
        }
    }

    /// Removes one file, if it exists.
    public func remove(_ folder: ArtifactFolder, name: String) async throws {
        guard ArtifactName.fault(in: name) == nil else { return }
        let path = layout.path(of: folder) + "/" + name
        try await disk.run { try DiskFolder.removeFile(path) }
    }

    /// Removes a folder with all its files, if it exists.
    public func remove(_ folder: ArtifactFolder) async throws {
        let path = layout.path(of: folder)
        let parent = layout.path(of: folder.jobID)
        try await disk.run {
            try DiskFolder.removeTree(path)
            DiskFolder.removeIfEmpty(parent)
        }
    }

    /// Removes all folders of a job.
    public func removeAll(of job: JobID) async throws {
        let path = layout.path(of: job)
        try await disk.run { try DiskFolder.removeTree(path) }
    }

    /// Removes every folder that `owners` does not return, the files that their owner does not have, and partly written
    /// files of a crash.
    ///
    /// `owners` is called immediately before a folder is removed. A folder is created only when a file of an attempt
    /// with a valid lease is moved into it. Fences are never reused, so a folder without an owner never gets one again.
    /// If a file is moved in between the two, no data is lost: the attempt learns from the store that its lease has ended.
    public func sweep(
        _ owners: ([ArtifactFolder]) async throws -> [ArtifactFolder: ArtifactOwner]
    ) async throws -> Int {
        let own = uploads.current
        let temporary = layout.temporary
        try await disk.run {
            for name in try DiskFolder.names(in: temporary) where !own.contains(name) {
                try DiskFolder.removeFile(temporary + "/" + name)
            }
        }
        var removed = 0
        for shard in try await disk.run({ [layout] in try layout.shards() }) {
            let folders = try await disk.run { [layout] in try layout.folders(inShard: shard) }
            for start in stride(from: 0, to: folders.count, by: 200) {
                let batch = Array(folders[start..<min(start + 200, folders.count)])
                let found = try await owners(batch)
                for folder in batch {
                    if let owner = found[folder] {
                        try await removeStrayFiles(in: folder, of: owner)
                    } else {
                        try await remove(folder)
                        removed += 1
                    }
                }
            }
        }
        return removed
    }

    private func removeStrayFiles(in folder: ArtifactFolder, of owner: ArtifactOwner) async throws {
        guard owner != .running else { return }
        let path = layout.path(of: folder)
        try await disk.run {
            for name in try DiskFolder.names(in: path) where !owner.keeps(name) {
                try DiskFolder.removeFile(path + "/" + name)
            }
        }
    }

    /// Throws unless files can be written.
    public func checkReady() async throws {
        let temporary = uploads.begin()
        defer { uploads.end(temporary) }
        let path = layout.temporary + "/" + temporary
        try await disk.run {
            let probe = try Upload(path: path)
            defer { try? DiskFolder.removeFile(path) }
            try probe.append([0])
        }
    }
}
