import Glibc

/// A response that can be sent without waiting: its file is open, its header fields are checked.
struct PreparedResponse: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        case file(Int32, offset: UInt64, length: UInt64)
        case stream(length: UInt64?, HTTPBodyWriter)
    }

    /// Why a response cannot be sent.
    struct Fault: Error {
        let detail: String
    }

    let status: Int
    let headers: HTTPHeaders
    let body: Body
    /// The memory that the body takes, if it is large.
    var reservation: ByteReservation?

    /// Opens and checks what there is.
    ///
    /// - Parameter writer: Makes the writer of a stream.
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

    /// A response of a status alone.
    init(status: Int) {
        self.status = status
        headers = HTTPHeaders()
        body = .bytes([])
    }

    /// Closes what is open, of a response that will not be sent.
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
            throw Fault(detail: "The file is no regular one, or shorter than asked for.")
        }
        return .file(file, offset: offset, length: length ?? size - offset)
    }

    /// A line break in a field would start another one, or another response.
    private func check() throws(Fault) {
        guard (200...599).contains(status) else { throw Fault(detail: "No final status: \(status).") }
        for field in headers.fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }),
                field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { throw Fault(detail: "The header field \(field.name.debugDescription) cannot be sent.") }
        }
    }
}
