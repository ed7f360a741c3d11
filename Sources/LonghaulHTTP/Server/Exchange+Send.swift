import CMicroHTTPD
import LonghaulPlatform

extension Exchange {
    /// Whether only the server may set a header field.
    static func isOwnField(_ name: String) -> Bool {
        HTTPHeaders.equal(name, "Content-Length") || HTTPHeaders.equal(name, "Transfer-Encoding")
            || HTTPHeaders.equal(name, "Date")
    }

    /// Passes a response to libmicrohttpd. Returns false if the library refuses it.
    func send(_ response: PreparedResponse, on connection: Connection, closes: Bool) -> Bool {
        guard let made = make(response.body) else {
            response.discard()
            return false
        }
        // The response is reference-counted: the connection retains it until everything is sent.
        defer { MHD_destroy_response(made) }
        for field in response.headers.fields where !Self.isOwnField(field.name) {
            guard MHD_add_response_header(made, field.name, field.value) == .YES else { return false }
        }
        if closes, response.headers["Connection"] == nil {
            guard MHD_add_response_header(made, "Connection", "close") == .YES else { return false }
        }
        return MHD_queue_response(connection.handle, UInt32(response.status), made) == .YES
    }

    /// Creates the library's response of a body, and transfers the ownership of its resources.
    private func make(_ body: PreparedResponse.Body) -> OpaquePointer? {
        switch body {
        case .bytes(let bytes) where bytes.count > Self.smallAnswer:
            answer = bytes
            let pointer = Unmanaged.passRetained(self)
            let made = MHD_create_response_from_callback(
                UInt64(bytes.count), 64 * 1024, readBytes, pointer.toOpaque(), releaseStream)
            if made == nil { pointer.release() }
            return made
        case .bytes(let bytes):
            return bytes.withUnsafeBytes { bytes in
                // The library copies the bytes and does not change them.
                MHD_create_response_from_buffer(
                    bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .file(let file, let offset, let length):
            return MHD_create_response_from_fd_at_offset64(length, file, offset)
        case .stream(let length, _):
            let pointer = Unmanaged.passRetained(self)
            let made = MHD_create_response_from_callback(
                length ?? UInt64.max, 32 * 1024, readStream, pointer.toOpaque(), releaseStream)
            if made == nil { pointer.release() }
            return made
        }
    }
}

/// Copies the next bytes of a large answer.
private func readBytes(
    _ pointer: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int
) -> Int {
    guard let pointer else { return -2 }
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    return exchange.copyAnswer(
        from: Int(clamping: position), into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
}

/// Asks for the next bytes of a stream.
private func readStream(
    _ pointer: UnsafeMutableRawPointer?, _: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int
) -> Int {
    // The values are the library's MHD_CONTENT_READER_END_OF_STREAM and _END_WITH_ERROR.
    let (endOfStream, endWithError) = (-1, -2)
    guard let pointer else { return endWithError }
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    return switch exchange.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size)) {
    case .bytes(let count): count
    case .nothingYet: 0
    case .end: endOfStream
    case .failed: endWithError
    }
}

private func releaseStream(_ pointer: UnsafeMutableRawPointer?) {
    guard let pointer else { return }
    Unmanaged<Exchange>.fromOpaque(pointer).release()
}
