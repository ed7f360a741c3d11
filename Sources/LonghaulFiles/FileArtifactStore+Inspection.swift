import LonghaulConcurrency
public import LonghaulCore

/// Lists and copies all files.
extension FileArtifactStore {
    /// Passes the folders of all attempts to `visit` in batches, with the names and lengths of their files.
    public func inspect(
        _ visit: ([(folder: ArtifactFolder, files: [String: Int64])]) async throws -> Void
    ) async throws {
        for shard in try await disk.run({ [layout] in try layout.shards() }) {
            let folders = try await disk.run { [layout] in try layout.folders(inShard: shard) }
            for start in stride(from: 0, to: folders.count, by: 200) {
                let batch = folders[start..<min(start + 200, folders.count)]
                try await visit(
                    try await disk.run { [layout] in
                        try batch.map { folder in
                            let path = layout.path(of: folder)
                            let sizes = try DiskFolder.names(in: path).map {
                                ($0, DiskFolder.sizeOfFile(path + "/" + $0) ?? -1)
                            }
                            return (folder, Dictionary(sizes, uniquingKeysWith: { first, _ in first }))
                        }
                    })
            }
        }
    }

    /// Copies a file of another store to the same path in this one, durably: as a second link to the same bytes if the
    /// file system supports it, otherwise as a copy. Stored files never change.
    ///
    /// - Returns: false if the other store does not have the file.
    public func adopt(_ folder: ArtifactFolder, name: String, from other: FileArtifactStore) async throws
        -> Bool
    {
        guard ArtifactName.fault(in: name) == nil else { return false }
        let source = other.layout.path(of: folder) + "/" + name
        let temporary = uploads.begin()
        defer { uploads.end(temporary) }
        let part = layout.temporary + "/" + temporary
        return try await disk.run { [layout] in
            guard DiskFolder.sizeOfFile(source) != nil else { return false }
            let target = layout.path(of: folder)
            try DiskFolder.make(target)
            if try !DiskFolder.link(source, to: part) { try Upload.copy(source, to: part) }
            try DiskFolder.makePrivate(part)
            try DiskFolder.rename(part, to: target + "/" + name)
            return true
        }
    }

    /// The files and folders of the store that other users may use.
    ///
    /// - Parameter repairs: whether to remove the access rights of other users.
    /// - Returns: the number of files and folders, and the path of the first one.
    public func openPaths(repairs: Bool) async throws -> (count: Int, first: String?) {
        try await disk.run { [layout] in
            var found: (count: Int, first: String?) = (0, nil)
            try DiskFolder.forEachPath(under: layout.root) { path in
                guard DiskFolder.isOpenToOthers(path) else { return }
                found.count += 1
                found.first = found.first ?? path
                if repairs { try DiskFolder.makePrivate(path) }
            }
            return found
        }
    }
}
