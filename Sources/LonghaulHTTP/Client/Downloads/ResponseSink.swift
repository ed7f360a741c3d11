import LonghaulConcurrency

/// Receives a response: the head, bytes, and then the end once. Only the client's thread calls it.
protocol ResponseSink: AnyObject {
    /// The size of the read buffer of libcurl, in bytes.
    var readSize: Int { get }
    /// Receives the head of the response.
    func receive(head: ResponseHead) throws(HTTPClientError)
    /// Receives bytes of the body. Returns false, and takes none, if the transfer must pause.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTPClientError) -> Bool
    /// Receives the end of the response, or its error.
    func finish(_ failure: HTTPClientError?)
}

/// Collects a response in memory.
final class CollectingSink: ResponseSink {
    let readSize = 16 * 1024
    private let maxBytes: Int
    private let outcome: ResponseEvent<HTTPClientResponse>
    private var response: HTTPClientResponse?

    init(maxBytes: Int, outcome: ResponseEvent<HTTPClientResponse>) {
        self.maxBytes = maxBytes
        self.outcome = outcome
    }

    func receive(head: ResponseHead) {
        response = HTTPClientResponse(status: head.status, headers: head.headers)
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTPClientError) -> Bool {
        guard bytes.count <= maxBytes - (response?.body.count ?? 0) else { throw .tooLarge(maxBytes) }
        response?.body.append(contentsOf: bytes)
        return true
    }

    func finish(_ failure: HTTPClientError?) {
        if let failure {
            outcome.fire(.failure(failure))
        } else if let response {
            outcome.fire(.success(response))
        } else {
            outcome.fire(.failure(.noResponse))
        }
    }
}

extension HTTPClientError {
    static func tooLarge(_ maxBytes: Int) -> HTTPClientError {
        HTTPClientError(.tooLarge, "the response is larger than \(maxBytes) bytes", mayHaveBeenSent: true)
    }

    static let noResponse = HTTPClientError(
        .other, "the server sent no final response", mayHaveBeenSent: true)
}
