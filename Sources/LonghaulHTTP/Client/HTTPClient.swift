import LonghaulConcurrency

/// An HTTP/1.1 client over libcurl, with its own thread and connection pool.
///
/// One client is enough for a program. Cancelling the calling task ends its request at once. The thread and the
/// connections end with the last reference to the client and its streams.
///
/// ```swift
/// let client = HTTPClient()
/// let response = try await client.send(HTTPClientRequest(url: "http://127.0.0.1:8080/healthz"))
/// ```
public final class HTTPClient: Sendable {
    private let configuration: HTTPClientConfiguration
    private let loop: CurlLoop

    /// Starts a client.
    public init(configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        self.configuration = configuration
        loop = CurlLoop(configuration)
    }

    deinit { loop.stop() }

    /// Sends a request and returns the response, with any status.
    ///
    /// - Parameter maxBytes: the maximum size of the body.
    /// - Throws: `tooLarge` for a larger body, or the error that ended the request.
    public func send(
        _ request: HTTPClientRequest, maxBytes: Int = 64 * 1024 * 1024
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let outcome = ResponseEvent<HTTPClientResponse>()
        return try await run(request, CollectingSink(maxBytes: maxBytes, outcome: outcome), outcome)
    }

    /// Sends a request and writes the body of a successful response to a file. The file appears atomically when it is
    /// complete, and replaces an older one. After an error the partial file is removed. The body of an unsuccessful response
    /// is in the returned response, and the file is not changed.
    ///
    /// - Parameters:
    ///   - sync: whether to flush the file to the disk before the return.
    ///   - maxErrorBytes: the maximum size of the body of an unsuccessful response.
    /// - Throws: `localIO` if the file cannot be written, or the error that ended the request.
    public func download(
        _ request: HTTPClientRequest, to path: String, sync: Bool = false, maxErrorBytes: Int = 1024 * 1024
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let outcome = ResponseEvent<HTTPClientResponse>()
        let sink = FileSink(path: path, sync: sync, maxErrorBytes: maxErrorBytes, outcome: outcome)
        return try await run(request, sink, outcome)
    }

    /// Sends a request and returns after the head of the response. The caller reads the body from the stream, with
    /// back-pressure. The total timeout includes the body.
    ///
    /// - Throws: the error that ended the request before the head.
    public func stream(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientStream {
        let outcome = ResponseEvent<ResponseHead>()
        let channel = BodyChannel()
        let sink = StreamingSink(head: outcome, channel: channel)
        let transfer = try HTTPTransfer(request, configuration, sink: sink)
        let head = try await run(transfer, outcome)
        let body = HTTPClientBody(transfer: transfer, channel: channel, client: self)
        return HTTPClientStream(status: head.status, headers: head.headers, body: body)
    }

    /// Ends all requests and streams with `closed`, and waits until the connections are closed. Later requests fail with
    /// `closed` as well. May be called repeatedly.
    public func shutdown() async {
        loop.stop()
        await loop.ended()
    }

    private func run<Value>(
        _ request: HTTPClientRequest, _ sink: any ResponseSink, _ outcome: ResponseEvent<Value>
    ) async throws(HTTPClientError) -> Value {
        try await run(HTTPTransfer(request, configuration, sink: sink), outcome)
    }

    private func run<Value>(
        _ transfer: HTTPTransfer, _ outcome: ResponseEvent<Value>
    ) async throws(HTTPClientError) -> Value {
        loop.start(transfer)
        return try await withTaskCancellationHandler {
            await outcome.wait()
        } onCancel: {
            loop.cancel(transfer)
        }.get()
    }

    func cancel(_ transfer: HTTPTransfer) { loop.cancel(transfer) }

    func continueReceiving(_ transfer: HTTPTransfer) { loop.continueReceiving(transfer) }
}
