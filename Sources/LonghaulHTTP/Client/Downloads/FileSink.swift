import Dispatch

/// Writes a successful response to a file, which appears under its name only when it is complete. Other responses are
/// collected in memory.
final class FileSink: ResponseSink {
    let readSize = 256 * 1024
    private let path: String
    private let sync: Bool
    private let promise: Promise<HTTPClientResponse>
    private let other: CollectingSink
    private var file: TemporaryFile?
    private var head: ResponseHead?

    /// The queue that flushes files, so that a slow disk does not block other transfers.
    private static let flushing = DispatchQueue(label: "longhaul.http.downloads", attributes: .concurrent)

    init(path: String, sync: Bool, maxErrorBytes: Int, promise: Promise<HTTPClientResponse>) {
        self.path = path
        self.sync = sync
        self.promise = promise
        other = CollectingSink(maxBytes: maxErrorBytes, promise: promise)
    }

    func receive(head: ResponseHead) throws(HTTPClientError) {
        guard head.isSuccess else { return other.receive(head: head) }
        self.head = head
        file = try TemporaryFile(beside: path)
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTPClientError) -> Bool {
        guard let file else { return try other.receive(bytes) }
        try file.write(bytes)
        return true
    }

    func finish(_ failure: HTTPClientError?) {
        guard failure == nil, let head, let file = file.take() else {
            file?.discard()
            return other.finish(failure)
        }
        let response = HTTPClientResponse(status: head.status, headers: head.headers)
        Self.flushing.async { [path, sync, promise] in
            let kept = Result { () throws(HTTPClientError) in try file.keep(as: path, sync: sync) }
            // The partial file must be removed before the caller gets the error. A completed file is kept.
            file.discard()
            promise.fulfil(kept.map { response })
        }
    }
}
