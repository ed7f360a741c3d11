import FoundationEssentials
import LonghaulCore
import LonghaulPlatform

/// Operations on folders and files, with errors checked. All calls block.
enum DiskFolder {
    /// Creates a folder and its parents, for their owner alone, and makes each new one durable. A link to a folder
    /// counts as a folder, so the store's folder may be on another file system.
    static func make(_ path: String) throws(LonghaulError) {
        // A parent may be removed between two calls: then start again.
        for _ in 0..<10 {
            if leadsToFolder(path) { return }
            let parent = parent(of: path)
            if parent != path { try make(parent) }
            if mkdir(path, 0o700) == 0 { return try sync(parent) }
            guard errno == EEXIST || errno == ENOENT else { break }
        }
        guard leadsToFolder(path) else { throw .disk("make the folder", path) }
    }

    /// Creates a folder, moves a file into it atomically, and makes both durable.
    static func move(_ path: String, into folder: String, as name: String) throws(LonghaulError) {
        let target = folder + "/" + name
        // The folder may be removed at any time, when its job is cancelled or another attempt's folder is removed.
        for _ in 0..<100 where (try? make(folder)) != nil {
            if Glibc.rename(path, target) == 0 {
                do {
                    return try sync(folder)
                } catch {
                    // The folder was removed again with the file: nothing remains to make durable.
                    guard leadsToFolder(folder) else { return }
                    throw error
                }
            }
            guard errno == ENOENT else { throw .disk("move a file to", target) }
        }
        try make(folder)
        guard Glibc.rename(path, target) == 0 else { throw .disk("move a file to", target) }
        try sync(folder)
    }

    /// Moves a file to its path atomically, and makes the move durable.
    static func rename(_ path: String, to target: String) throws(LonghaulError) {
        guard Glibc.rename(path, target) == 0 else { throw .disk("move a file to", target) }
        try sync(parent(of: target))
    }

    /// Creates a second link to a file. Returns false if the file system cannot.
    static func link(_ path: String, to target: String) throws(LonghaulError) -> Bool {
        if Glibc.link(path, target) == 0 { return true }
        guard [EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS].contains(errno) else {
            throw .disk("make a link to", path)
        }
        return false
    }

    static func removeFile(_ path: String) throws(LonghaulError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .disk("remove", path) }
    }

    /// Removes a folder with all its contents. Removes links, and never follows them.
    static func removeTree(_ path: String) throws(LonghaulError) {
        // A file may be moved into the folder between the last listing and `rmdir`. The folder is then emptied again.
        for _ in 0..<100 {
            guard isFolder(path) else { return }
            for name in try names(in: path) {
                let inner = path + "/" + name
                if isFolder(inner) { try removeTree(inner) } else { try removeFile(inner) }
            }
            if rmdir(path) == 0 || errno == ENOENT { return }
            guard errno == ENOTEMPTY || errno == EEXIST else { break }
        }
        throw .disk("remove the folder", path)
    }

    /// Removes a folder if it is empty.
    static func removeIfEmpty(_ path: String) {
        rmdir(path)
    }

    /// The names in a folder; empty if the folder does not exist.
    static func names(in path: String) throws(LonghaulError) -> [String] {
        guard let stream = opendir(path) else {
            if errno == ENOENT { return [] }
            throw .disk("read the folder", path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The length of a regular file; nil if it does not exist. Links do not count.
    static func sizeOfFile(_ path: String) -> Int64? {
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(facts.st_size)
    }

    /// Removes the access rights of other users to a file or a folder.
    static func makePrivate(_ path: String) throws(LonghaulError) {
        guard isOpenToOthers(path) else { return }
        guard chmod(path, isFolder(path) ? 0o700 : 0o600) == 0 else {
            throw .disk("change the mode of", path)
        }
    }

    /// Whether users other than the owner can access a file or a folder. Links have no access rights of their own.
    static func isOpenToOthers(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT != S_IFLNK && facts.st_mode & 0o077 != 0
    }

    /// Calls `body` with a folder and everything below it. Follows no links, except the folder itself.
    static func forEachPath(
        under path: String, _ body: (String) throws -> Void
    ) throws {
        try body(path)
        for name in try names(in: path) {
            let inner = path + "/" + name
            if isFolder(inner) { try forEachPath(under: inner, body) } else { try body(inner) }
        }
    }

    static func expectWritable(_ path: String) throws(LonghaulError) {
        guard access(path, R_OK | W_OK | X_OK) == 0 else { throw .disk("write to the folder", path) }
    }

    private static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    private static func leadsToFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func sync(_ path: String) throws(LonghaulError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .disk("open the folder", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .disk("sync the folder", path) }
    }
}
