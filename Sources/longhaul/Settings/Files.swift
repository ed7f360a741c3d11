import Glibc

/// Reads small files, such as settings and payloads.
enum Files {
    /// The maximum length of a file, in bytes.
    private static let limit = 64 << 20

    /// Whether the path exists.
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The content of a file.
    ///
    /// - Throws: ``RunError`` with the message of the system.
    static func read(_ path: String) throws(RunError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw RunError("cannot be read: \(systemMessage())") }
        defer { close(descriptor) }
        return try read(descriptor)
    }

    /// The content of standard input.
    static func readStandardInput() throws(RunError) -> [UInt8] {
        try read(STDIN_FILENO)
    }

    private static func read(_ descriptor: Int32) throws(RunError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw RunError("cannot be read: \(systemMessage())") }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= limit else { throw RunError("is longer than \(limit) bytes") }
        }
    }

    /// Creates a folder and its missing parent folders.
    static func makeFolder(_ path: String) throws(RunError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += part + "/"
            guard mkdir(made, 0o777) == 0 || errno == EEXIST else {
                throw RunError("cannot create the folder \(made): \(systemMessage())")
            }
        }
    }

    private static func systemMessage() -> String {
        String(cString: strerror(errno))
    }
}
