import LonghaulAWS
public import LonghaulCore

/// The removal of objects and uploads without an owner, and the list of all files.
extension S3ArtifactStore {
    /// The number of folders that `owners` gets at once.
    private static let batchSize = 200

    /// Removes every folder that `owners` does not return, the files that their owner does not have, and the unfinished
    /// uploads of attempts that have ended.
    ///
    /// An upload of this process stays. An upload that another process may continue is removed if it is older than a week.
    public func sweep(
        _ owners: ([ArtifactFolder]) async throws -> [ArtifactFolder: ArtifactOwner]
    ) async throws -> Int {
        try await converting {
            try await sweepUploads(owners)
            return try await sweepObjects(owners)
        }
    }

    private func sweepUploads(
        _ owners: ([ArtifactFolder]) async throws -> [ArtifactFolder: ArtifactOwner]
    ) async throws {
        try await bucket.forEachUploadPage(keys.root) { page in
            let uploads = page.compactMap { upload in
                keys.parse(upload.key).map { (upload: upload, folder: $0.folder, name: $0.name) }
            }.filter { !running.contains($0.upload.id) }
            for start in stride(from: 0, to: uploads.count, by: Self.batchSize) {
                let batch = uploads[start..<min(start + Self.batchSize, uploads.count)]
                let found = try await owners(Array(Set(batch.map(\.folder))))
                let oldest = bucket.time.adding(seconds: -options.staleUploadSeconds)
                for (upload, folder, name) in batch {
                    if upload.startedAt >= oldest, try await mayContinue(upload, of: found[folder], name) {
                        continue
                    }
                    try await bucket.abortUpload(upload.key, upload: upload.id)
                }
            }
        }
    }

    /// Whether another process may continue an upload: a server, for a running attempt, or a copy from another artifact
    /// store, for a file of a completed attempt that the bucket lacks.
    private func mayContinue(
        _ upload: S3Bucket.Upload, of owner: ArtifactOwner?, _ name: String
    ) async throws(AWSError) -> Bool {
        switch owner {
        case nil: return false
        case .running: return true
        case .completed(let files):
            guard files.contains(name) else { return false }
            return try await bucket.head(upload.key) == nil
        }
    }

    private func sweepObjects(
        _ owners: ([ArtifactFolder]) async throws -> [ArtifactFolder: ArtifactOwner]
    ) async throws -> Int {
        var removed = 0
        // A list has the objects of a folder one after another. A folder at the end of a page continues on the next one.
        var last: ArtifactFolder?
        try await bucket.forEachPage(keys.root) { page in
            let files = page.compactMap { item in
                keys.parse(item.key).map { (key: item.key, folder: $0.folder, name: $0.name) }
            }
            var folders: [ArtifactFolder] = []
            for file in files where folders.last != file.folder { folders.append(file.folder) }
            var found: [ArtifactFolder: ArtifactOwner] = [:]
            for start in stride(from: 0, to: folders.count, by: Self.batchSize) {
                let batch = folders[start..<min(start + Self.batchSize, folders.count)]
                found.merge(try await owners(Array(batch))) { $1 }
            }
            let orphans = files.filter { found[$0.folder]?.keeps($0.name) != true }
            if !orphans.isEmpty { try await bucket.delete(orphans.map(\.key)) }
            removed += folders.count { found[$0] == nil && $0 != last }
            last = folders.last.flatMap { found[$0] == nil ? $0 : nil } ?? last
        }
        return removed
    }

    /// Passes the folders of all attempts to `visit` in batches, with the names and lengths of their files.
    public func inspect(
        _ visit: ([(folder: ArtifactFolder, files: [String: Int64])]) async throws -> Void
    ) async throws {
        try await converting {
            try await bucket.forEachPage(keys.root) { page in
                var folders: [(folder: ArtifactFolder, files: [String: Int64])] = []
                for item in page {
                    guard let (folder, name) = keys.parse(item.key) else { continue }
                    if folders.last?.folder != folder { folders.append((folder, [:])) }
                    folders[folders.count - 1].files[name] = item.sizeBytes
                }
                if !folders.isEmpty { try await visit(folders) }
            }
        }
    }
}
