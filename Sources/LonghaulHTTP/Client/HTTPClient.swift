import Glibc

/// An HTTP/1.1 client over libcurl. Any number of requests run at once on one thread of its own; connections
/// are kept and used again.
public final class HTTPClient: Sendable {
    private let loop: TransferLoop

    /// A client of this configuration.
    public init(configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        loop = TransferLoop(configuration: configuration)
        loop.start()
    }

    deinit {
        loop.stop()
    }

    /// Ends every request under way as `closed`, and closes all connections. Later requests end the same
    /// way. Safe to call twice.
    public func shutdown() async {
        loop.stop()
        await loop.waitForEnd()
    }

    /// Sends a request and collects the response.
    ///
    /// - Parameter maxBytes: the most bytes of a body that are taken.
    /// - Throws: ``HTTPClientError``. A status of any kind is a response, not an error.
    public func send(
        _ request: HTTPClientRequest, maxBytes: Int = 64 << 20
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let stream = try await stream(request)
        return HTTPClientResponse(
            status: stream.status, headers: stream.headers, body: try await stream.collect(upTo: maxBytes))
    }

    /// Sends a request and writes the response's body into the file at `path`: beside it first, then in its
    /// place as one step, and only if the status says success. Otherwise the body is in the answer.
    ///
    /// - Throws: ``HTTPClientError``; the file is then as it was before.
    public func download(
        _ request: HTTPClientRequest, to path: String
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let stream = try await stream(request)
        var response = HTTPClientResponse(status: stream.status, headers: stream.headers)
        guard response.isSuccess else {
            response.body = try await stream.collect(upTo: 1 << 20)
            return response
        }
        var random = SystemRandomNumberGenerator()
        let beside = path + ".part-" + String(random.next(), radix: 16)
        do throws(HTTPClientError) {
            let file = try PartFile(path: beside)
            while let bytes = try await stream.next() { try file.append(bytes) }
            try file.move(to: path)
        } catch {
            unlink(beside)
            throw error
        }
        return response
    }

    /// Sends a request and answers as soon as the response's head is there; the body follows as it is read.
    ///
    /// - Throws: ``HTTPClientError``.
    public func stream(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientStream {
        let transfer = try Transfer(request: request)
        let outcome = await withTaskCancellationHandler {
            loop.begin(transfer)
            return await transfer.head.outcome()
        } onCancel: { [loop] in
            loop.cancel(transfer)
        }
        let head = try outcome.get()
        return HTTPClientStream(head: head, transfer: transfer, loop: loop)
    }
}

/// A response whose body is still on its way. Letting go of it ends the transfer.
public final class HTTPClientStream: Sendable {
    /// The status code, such as 200.
    public let status: Int
    /// The header fields, in order.
    public let headers: HTTPHeaders
    private let transfer: Transfer
    private let loop: TransferLoop

    init(head: ResponseHead, transfer: Transfer, loop: TransferLoop) {
        status = head.status
        headers = head.headers
        self.transfer = transfer
        self.loop = loop
    }

    deinit {
        loop.cancel(transfer)
    }

    /// The next bytes, never empty; nil at the end. While nobody asks, at most 256 KiB wait, and the server is
    /// held up. One task reads.
    ///
    /// - Throws: ``HTTPClientError``.
    public func next() async throws(HTTPClientError) -> [UInt8]? {
        let outcome: Result<(bytes: [UInt8], wasHeldUp: Bool)?, HTTPClientError> =
            await withTaskCancellationHandler {
                do throws(HTTPClientError) {
                    return .success(try await transfer.body.next())
                } catch {
                    return .failure(error)
                }
            } onCancel: { [loop, transfer] in
                loop.cancel(transfer)
            }
        guard let piece = try outcome.get() else { return nil }
        if piece.wasHeldUp { loop.resume(transfer) }
        return piece.bytes
    }

    /// Everything that is still to come.
    ///
    /// - Throws: ``HTTPClientError``: `tooLarge` if it is more than `limit` bytes.
    public func collect(upTo limit: Int) async throws(HTTPClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await next() {
            guard bytes.count + piece.count <= limit else {
                throw HTTPClientError(
                    .tooLarge, "the response has more than \(limit) bytes", mayHaveBeenSent: true)
            }
            bytes += piece
        }
        return bytes
    }
}

/// A file that is being written beside its place.
private final class PartFile {
    private let path: String
    private let descriptor: Int32

    init(path: String) throws(HTTPClientError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.fault("make", path) }
    }

    deinit {
        close(descriptor)
    }

    func append(_ bytes: [UInt8]) throws(HTTPClientError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.fault("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    func move(to target: String) throws(HTTPClientError) {
        guard rename(path, target) == 0 else { throw Self.fault("move a file to", target) }
    }

    private static func fault(_ action: String, _ path: String) -> HTTPClientError {
        HTTPClientError(
            .localIO, "cannot \(action) \(path): \(String(cString: strerror(errno)))", mayHaveBeenSent: true)
    }
}
