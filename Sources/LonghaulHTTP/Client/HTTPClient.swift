/// An HTTP/1.1 client over libcurl, with a thread of its own and connections that are kept and used again.
///
/// One client serves a whole program. Cancelling the calling task ends its request at once. When the last
/// reference to the client and its streams is gone, so are the thread and the connections.
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

    /// Sends a request and returns the response, whatever its status.
    ///
    /// - Parameter maxBytes: the largest body that is taken.
    /// - Throws: `tooLarge` for a larger one, or whatever else ended the request.
    public func send(
        _ request: HTTPClientRequest, maxBytes: Int = 64 * 1024 * 1024
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let promise = Promise<HTTPClientResponse>()
        return try await run(request, CollectingSink(maxBytes: maxBytes, promise: promise), promise)
    }

    /// Sends a request and puts the body of a successful response into a file. The file appears, in place of any
    /// older one, when it is complete; after an error nothing is left of it. The body of a response that is not
    /// successful is in the response returned, and the file is not touched.
    ///
    /// - Parameters:
    ///   - sync: whether to return only when the file is safe on the disk.
    ///   - maxErrorBytes: the largest body that is taken of a response that is not successful.
    /// - Throws: `localIO` if the file cannot be written, or whatever else ended the request.
    public func download(
        _ request: HTTPClientRequest, to path: String, sync: Bool = false, maxErrorBytes: Int = 1024 * 1024
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let promise = Promise<HTTPClientResponse>()
        let sink = FileSink(path: path, sync: sync, maxErrorBytes: maxErrorBytes, promise: promise)
        return try await run(request, sink, promise)
    }

    /// Sends a request and returns as soon as the head of the response is there; its body is read from the
    /// stream, and comes no faster than it is read. The total timeout counts until the end of the body.
    ///
    /// - Throws: whatever ended the request before the head.
    public func stream(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientStream {
        let promise = Promise<ResponseHead>()
        let channel = BodyChannel()
        let sink = StreamingSink(head: promise, channel: channel)
        let transfer = try HTTPTransfer(request, timeout: configuration.timeout, sink: sink)
        let head = try await run(transfer, promise)
        let body = HTTPClientBody(transfer: transfer, channel: channel, client: self)
        return HTTPClientStream(status: head.status, headers: head.headers, body: body)
    }

    /// Ends all requests and streams with `closed`, and returns when the connections are closed. Later requests
    /// fail the same way. May be called again.
    public func shutdown() async {
        loop.stop()
        await loop.ended()
    }

    private func run<Value>(
        _ request: HTTPClientRequest, _ sink: any ResponseSink, _ promise: Promise<Value>
    ) async throws(HTTPClientError) -> Value {
        try await run(HTTPTransfer(request, timeout: configuration.timeout, sink: sink), promise)
    }

    private func run<Value>(
        _ transfer: HTTPTransfer, _ promise: Promise<Value>
    ) async throws(HTTPClientError) -> Value {
        loop.start(transfer)
        return try await withTaskCancellationHandler {
            await promise.outcome()
        } onCancel: {
            loop.cancel(transfer)
        }.get()
    }

    func cancel(_ transfer: HTTPTransfer) { loop.cancel(transfer) }

    func continueReceiving(_ transfer: HTTPTransfer) { loop.continueReceiving(transfer) }
}
