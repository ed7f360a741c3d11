import LonghaulCore
import LonghaulPlatform

/// Checks of the database file before SQLite opens it.
enum StoreFile {
    /// The files of a store: SQLite keeps the write-ahead log and its index beside the database.
    static func paths(of path: String) -> [String] {
        [path, path + "-wal", path + "-shm", path + ".lock"]
    }

    /// Creates the file's folder if necessary, and rejects a file that is not a Longhaul store without changing it.
    static func prepare(_ path: String) throws(LonghaulError) {
        try makeFolder(of: path)
        _ = try isStore(path)
    }

    /// Creates the file if necessary, and removes the rights of other users from all files of the store, because they
    /// hold every payload. SQLite gives its other files the rights of the database. `openPaths(of:)` lists files
    /// whose mode cannot be changed.
    static func makePrivate(_ path: String) throws(LonghaulError) {
        try makeEmpty(path, flags: 0)
        for file in openPaths(of: path) { _ = chmod(file, 0o600) }
    }

    /// Creates an empty file that only its owner can access, independent of the umask.
    static func makeEmpty(_ path: String, flags: Int32 = O_EXCL) throws(LonghaulError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else {
            throw LonghaulError(.unavailable, "\(path) cannot be created: \(systemError())")
        }
        close(descriptor)
    }

    /// The files of a store that other users can access.
    static func openPaths(of path: String) -> [String] {
        paths(of: path).filter { file in
            var facts = stat()
            return stat(file, &facts) == 0 && facts.st_mode & 0o077 != 0
        }
    }

    /// Throws unless there is a Longhaul store at this path.
    static func expectStore(_ path: String) throws(LonghaulError) {
        guard try isStore(path) else { throw LonghaulError(.unavailable, "there is no store at \(path)") }
    }

    /// The first 100 bytes of a file; fewer if it is shorter, none if it does not exist.
    private static func firstBytes(of path: String) throws(LonghaulError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return [] }
            throw LonghaulError(.unavailable, "the store \(path) cannot be opened: \(systemError())")
        }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: 100) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, 100, 0))
        }
    }

    /// Whether there is a store at this path. If its creation was interrupted, there is none: SQLite empties the file.
    ///
    /// - Parameter firstBytes: returns the first 100 bytes of a file.
    static func isStore(
        _ path: String, firstBytes: (String) throws(LonghaulError) -> [UInt8] = Self.firstBytes
    ) throws(LonghaulError) -> Bool {
        let header = try firstBytes(path)
        if header.isEmpty { return false }
        if isOfNewDatabase(journal: try firstBytes(path + "-journal")) { return false }
        guard header.count == 100, header.starts(with: "SQLite format 3\0".utf8) else {
            throw LonghaulError(
                .unavailable, "the file \(path) is not a Longhaul store: it is no SQLite database")
        }
        let mark = header[68..<72].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard mark == Migrator.applicationID else {
            throw LonghaulError(
                .unavailable,
                "the file \(path) is not a Longhaul store: it is another program's SQLite database")
        }
        return true
    }

    /// The bytes with which a rollback journal of SQLite begins.
    private static let journalMark: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]

    /// Whether a rollback journal belongs to the transaction that created the database.
    private static func isOfNewDatabase(journal: [UInt8]) -> Bool {
        // The number of pages before the transaction.
        journal.count >= 20 && journal.starts(with: journalMark) && journal[16..<20].allSatisfy { $0 == 0 }
    }

    private static func makeFolder(of path: String) throws(LonghaulError) {
        var end = path.startIndex
        while let slash = path[end...].firstIndex(of: "/") {
            end = path.index(after: slash)
            let folder = String(path[..<slash])
            guard folder.isEmpty || mkdir(folder, 0o700) == 0 || errno == EEXIST || errno == EISDIR else {
                throw LonghaulError(
                    .unavailable, "the store's folder \(folder) cannot be made: \(systemError())")
            }
        }
    }
}
