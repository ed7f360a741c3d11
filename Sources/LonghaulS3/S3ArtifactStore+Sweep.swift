import LonghaulAWS
public import LonghaulCore

/// The removal of objects and uploads without an owner, and the list of all files.
extension S3ArtifactStore {
    /// The number of folders that `owned` gets at once.
    private static let batchSize = 200

    /// Removes every folder that `owned` does not return, and the unfinished uploads of attempts that have ended.
    ///
    /// An upload of this process stays. An upload of an attempt that has files on record may belong to another server:
    /// it is removed if it is older than a week.
    public func sweep(
        _ owned: ([ArtifactFolder]) async throws -> Set<ArtifactFolder>
    ) async throws -> Int {
        try await converting {
            try await sweepUploads(owned)
            return try await sweepObjects(owned)
        }
    }

    private func sweepUploads(_ owned: ([ArtifactFolder]) async throws -> Set<ArtifactFolder>) async throws {
        try await bucket.forEachUploadPage(keys.root) { page in
            let uploads = page.compactMap { upload in
                keys.parse(upload.key).map { (upload: upload, folder: $0.folder) }
            }.filter { !running.contains($0.upload.id) }
            for start in stride(from: 0, to: uploads.count, by: Self.batchSize) {
                let batch = uploads[start..<min(start + Self.batchSize, uploads.count)]
                let kept = try await owned(Array(Set(batch.map(\.folder))))
                let oldest = bucket.time.adding(seconds: -options.staleUploadSeconds)
                for (upload, folder) in batch where !kept.contains(folder) || upload.startedAt < oldest {
                    try await bucket.abortUpload(upload.key, upload: upload.id)
                }
            }
        }
    }

    private func sweepObjects(
        _ owned: ([ArtifactFolder]) async throws -> Set<ArtifactFolder>
    ) async throws -> Int {
        var removed = 0
        // A list has the objects of a folder one after another. A folder at the end of a page continues on the next one.
        var last: ArtifactFolder?
        try await bucket.forEachPage(keys.root) { page in
            let files = page.compactMap { item in
                keys.parse(item.key).map { (key: item.key, folder: $0.folder) }
            }
            var folders: [ArtifactFolder] = []
            for file in files where folders.last != file.folder { folders.append(file.folder) }
            var kept: Set<ArtifactFolder> = []
            for start in stride(from: 0, to: folders.count, by: Self.batchSize) {
                kept.formUnion(
                    try await owned(Array(folders[start..<min(start + Self.batchSize, folders.count)])))
            }
            let orphans = files.filter { !kept.contains($0.folder) }
            if !orphans.isEmpty { try await bucket.delete(orphans.map(\.key)) }
            removed += folders.count { !kept.contains($0) && $0 != last }
            last = folders.last.flatMap { kept.contains($0) ? nil : $0 } ?? last
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
