import LonghaulPlatform

/// A small file, such as one with settings, a certificate or a secret, read whole.
///
/// Reading blocks the thread, so asynchronous code calls it through ``BlockingPool``.
package struct SmallFile: Sendable {
    /// What kind of file is accepted.
    package enum Kind: Sendable {
        /// A regular file, or a link to one. A FIFO, for which a server could wait without limit, is refused.
        case regular
        /// Any file, such as the `/dev/fd/63` of a shell's process substitution.
        case any
    }

    /// The content.
    package let bytes: [UInt8]
    /// Which content it is.
    package let version: FileVersion
    /// The access rights, such as `0o600`.
    package let permissions: UInt32

    /// Reads a file.
    ///
    /// - Throws: ``SmallFileError`` if it cannot be read, is of another kind or has more than `maxBytes` bytes.
    package init(_ path: String, maxBytes: Int, kind: Kind = .regular) throws(SmallFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (kind == .regular ? O_NONBLOCK : 0))
        guard descriptor >= 0 else { throw .unreadable() }
        defer { close(descriptor) }
        try self.init(descriptor, maxBytes: maxBytes, kind: kind)
    }

    /// Reads an open file, such as standard input, to its end.
    ///
    /// - Throws: ``SmallFileError`` if it cannot be read, is of another kind or has more than `maxBytes` bytes.
    package init(_ descriptor: Int32, maxBytes: Int, kind: Kind) throws(SmallFileError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable() }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw SmallFileError(message: "is a directory")
        default:
            guard kind == .any else { throw SmallFileError(message: "is not a regular file") }
        }
        version = FileVersion(status)
        permissions = status.st_mode & 0o7777
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable() }
            if count == 0 { break }
            bytes += piece[..<count]
            guard bytes.count <= maxBytes else {
                throw SmallFileError(message: "has more than \(maxBytes) bytes")
            }
        }
        self.bytes = bytes
    }
}

/// Shows whether a file was changed or replaced. Symbolic links are followed.
package struct FileVersion: Sendable, Equatable {
    private let numbers: [Int64]

    /// The version of the file with this path now.
    ///
    /// - Throws: ``SmallFileError`` if the file cannot be found.
    package init(of path: String) throws(SmallFileError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .unreadable() }
        self.init(status)
    }

    fileprivate init(_ status: stat) {
        numbers = [
            Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino)),
            Int64(status.st_size), Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec),
            Int64(status.st_ctim.tv_sec), Int64(status.st_ctim.tv_nsec),
        ]
    }
}

/// Why a small file was not read. The caller names the file in front of the message.
package struct SmallFileError: Error, CustomStringConvertible {
    /// What is wrong, such as `cannot be read: Permission denied`.
    package let message: String

    package var description: String { message }

    fileprivate static func unreadable() -> SmallFileError {
        SmallFileError(message: "cannot be read: \(String(cString: strerror(errno)))")
    }
}
