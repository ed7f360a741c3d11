import LonghaulPlatform

/// The bytes of a file, up to its length at the time of the opening.
final class FileUpload: UploadSource {
    let length: Int64?
    private let path: String
    private let descriptor: Int32
    private let size: Int64
    private var position: Int64 = 0

    /// Opens the file.
    ///
    /// - Throws: `localIO`.
    init(path: String) throws(HTTPClientError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("open", path, errno) }
        self.path = path
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw .file("read", path, code)
        }
        size = Int64(status.st_size)
        length = size
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPClientError) -> UploadRead {
        let wanted = min(Int64(buffer.count), size - position)
        if wanted == 0 { return .end }
        var count = pread(descriptor, buffer.baseAddress, Int(wanted), off_t(position))
        while count < 0 && errno == EINTR {
            count = pread(descriptor, buffer.baseAddress, Int(wanted), off_t(position))
        }
        guard count >= 0 else { throw .file("read", path, errno) }
        guard count > 0 else {
            throw HTTPClientError(.localIO, "\(path) became shorter while it was being sent")
        }
        position += Int64(count)
        return .bytes(count)
    }

    func rewind() -> Bool {
        position = 0
        return true
    }

    func cancel() {}
}

extension HTTPClientError {
    /// An error of a local file, with the message of the system.
    static func file(_ verb: String, _ path: String, _ code: Int32) -> HTTPClientError {
        HTTPClientError(.localIO, "cannot \(verb) \(path): \(systemMessage(code))")
    }

    /// The message of the system for an errno, beginning in lower case.
    static func systemMessage(_ code: Int32) -> String {
        var text = [CChar](repeating: 0, count: 256)
        // strerror is not thread-safe.
        guard strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
        let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return words.prefix(1).lowercased() + words.dropFirst()
    }
}
