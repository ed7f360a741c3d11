import LonghaulConcurrency

/// Writes a successful response to a file, which appears under its name only when it is complete. Other responses are
/// collected in memory.
final class FileSink: ResponseSink {
    let readSize = 256 * 1024
    private let path: String
    private let sync: Bool
    private let outcome: ResponseEvent<HTTPClientResponse>
    private let other: CollectingSink
    private var file: TemporaryFile?
    private var head: ResponseHead?

    init(path: String, sync: Bool, maxErrorBytes: Int, outcome: ResponseEvent<HTTPClientResponse>) {
        self.path = path
        self.sync = sync
        self.outcome = outcome
        other = CollectingSink(maxBytes: maxErrorBytes, outcome: outcome)
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
        // On another thread, so that a slow disk does not block other transfers.
        BlockingPool.shared.start { [path, sync, outcome] in
            let kept = Result { () throws(HTTPClientError) in try file.keep(as: path, sync: sync) }
            // The partial file must be removed before the caller gets the error. A completed file is kept.
            file.discard()
            outcome.fire(kept.map { response })
        }
    }
}
