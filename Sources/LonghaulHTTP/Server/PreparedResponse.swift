import LonghaulPlatform

/// A checked response with an open file, which can be sent without blocking.
struct PreparedResponse: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        case file(Int32, offset: UInt64, length: UInt64)
        case stream(length: UInt64?, HTTPBodyWriter)
    }

    /// The error of a response that cannot be sent.
    struct Fault: Error {
        let detail: String
    }

    let status: Int
    let headers: HTTPHeaders
    let body: Body
    /// The memory reservation of a large body.
    var reservation: ByteReservation?

    /// Opens the file and checks the header fields of a response.
    ///
    /// - Parameter writer: creates the writer of a stream.
    init(_ response: HTTPResponse, writer: () -> HTTPBodyWriter) throws(Fault) {
        status = response.status
        headers = response.headers
        body =
            switch response.body {
            case .none: .bytes([])
            case .bytes(let bytes): .bytes(bytes)
            case .stream(let length, _): .stream(length: length, writer())
            case .file(let path, let offset, let length): try Self.file(path, offset, length)
            case .descriptor(let file, let offset, let length): try Self.part(of: file, offset, length)
            }
        do {
            try check()
        } catch {
            discard()
            throw error
        }
    }

    /// Creates a response without a body.
    init(status: Int) {
        self.status = status
        headers = HTTPHeaders()
        body = .bytes([])
    }

    /// Closes the file of a response that is not sent.
    func discard() {
        switch body {
        case .bytes: break
        case .file(let file, _, _): close(file)
        case .stream(_, let writer): writer.finish(.failure(HTTPBodyError.disconnected))
        }
    }

    private static func file(_ path: String, _ offset: UInt64, _ length: UInt64?) throws(Fault) -> Body {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else { throw Fault(detail: "Cannot open \(path).") }
        return try part(of: file, offset, length)
    }

    private static func part(
        of file: Int32, _ offset: UInt64, _ length: UInt64?
    ) throws(Fault) -> Body {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            case let size = UInt64(status.st_size), offset <= size, length ?? 0 <= size - offset
        else {
            close(file)
            throw Fault(detail: "The file is not a regular file, or is too short.")
        }
        return .file(file, offset: offset, length: length ?? size - offset)
    }

    /// Checks the header fields: a line break would inject another field or response.
    private func check() throws(Fault) {
        guard (200...599).contains(status) else {
            throw Fault(detail: "The status \(status) is not a final one.")
        }
        for field in headers.fields {
            guard !field.name.isEmpty,
                Self.has(field.name, only: { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }),
                Self.has(field.value, only: { $0 >= 0x20 && $0 != 0x7F })
            else { throw Fault(detail: "The header field \(field.name.debugDescription) cannot be sent.") }
        }
    }

    @inline(__always)
    private static func has(_ text: String, only isAllowed: (UInt8) -> Bool) -> Bool {
        let bytes = text.utf8.span
        for index in bytes.indices where !isAllowed(bytes[index]) { return false }
        return true
    }
}
