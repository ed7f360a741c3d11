import LonghaulPlatform

/// A file that is written next to its destination, and removed unless it is kept.
///
/// One thread uses it at a time: first the client's thread, then the one that keeps it.
final class TemporaryFile: @unchecked Sendable {
    private var descriptor: Int32
    private var path: String?

    /// Creates an empty file in the same folder as `destination`.
    ///
    /// - Throws: `localIO`.
    init(beside destination: String) throws(HTTPClientError) {
        let name = "\(destination).\(String(UInt64.random(in: .min ... .max), radix: 36)).part"
        descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .file("create", name, errno) }
        path = name
    }

    deinit { discard() }

    /// Removes the file, unless it has been kept.
    func discard() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        if let path { unlink(path) }
        path = nil
    }

    /// Appends bytes.
    ///
    /// - Throws: `localIO`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(HTTPClientError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = LonghaulPlatform.write(
                descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .file("write", path ?? "", errno).sent(true) }
            rest = rest.dropFirst(count)
        }
    }

    /// Moves the file to its destination and replaces an existing file.
    ///
    /// - Parameter sync: whether to flush the file and the folder to the disk.
    /// - Throws: `localIO`.
    func keep(as destination: String, sync: Bool) throws(HTTPClientError) {
        guard let path else { return }
        if sync && fsync(descriptor) != 0 { throw .file("flush", path, errno).sent(true) }
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0 else { throw .file("close", path, errno).sent(true) }
        guard rename(path, destination) == 0 else { throw .file("create", destination, errno).sent(true) }
        self.path = nil
        if sync { try Self.syncFolder(of: destination) }
    }

    private static func syncFolder(of path: String) throws(HTTPClientError) {
        let folder =
            switch path.lastIndex(of: "/") {
            case nil: "."
            case path.startIndex: "/"
            case let slash?: String(path[..<slash])
            }
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("open", folder, errno).sent(true) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file("flush", folder, errno).sent(true) }
    }
}
