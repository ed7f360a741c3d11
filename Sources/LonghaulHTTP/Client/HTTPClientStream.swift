/// A response with a streamed body.
public struct HTTPClientStream: Sendable {
    /// The status code, such as 200.
    public let status: Int
    /// The header fields, in order.
    public let headers: HTTPHeaders
    /// The body, which can be read once.
    public let body: HTTPClientBody

    /// The events of a `text/event-stream` body.
    public var events: ServerSentEventSequence { ServerSentEventSequence(body: body) }

    /// Whether the status is 200 to 299.
    public var isSuccess: Bool { (200..<300).contains(status) }
}

/// The body of a ``HTTPClientStream``. One task can read it once. The transfer ends with the last copy, or with the
/// cancellation of the reading task.
public struct HTTPClientBody: AsyncSequence, Sendable {
    /// A chunk with at least one byte.
    public typealias Element = [UInt8]

    /// Ends the transfer with its last reference.
    fileprivate final class Reading: Sendable {
        let transfer: HTTPTransfer
        let channel: BodyChannel
        let client: HTTPClient

        init(transfer: HTTPTransfer, channel: BodyChannel, client: HTTPClient) {
            self.transfer = transfer
            self.channel = channel
            self.client = client
        }

        deinit { client.cancel(transfer) }
    }

    private let reading: Reading

    init(transfer: HTTPTransfer, channel: BodyChannel, client: HTTPClient) {
        reading = Reading(transfer: transfer, channel: channel, client: client)
    }

    /// Continues where the last reader stopped.
    public func makeAsyncIterator() -> Iterator { Iterator(reading: reading) }

    /// Reads the rest of the body.
    ///
    /// - Throws: `tooLarge` if it is larger than `maxBytes`, or the error that ended the transfer.
    public func collect(maxBytes: Int) async throws(HTTPClientError) -> [UInt8] {
        var all: [UInt8] = []
        var iterator = makeAsyncIterator()
        while let bytes = try await iterator.next(isolation: nil) {
            guard bytes.count <= maxBytes - all.count else { throw .tooLarge(maxBytes) }
            all += bytes
        }
        return all
    }

    /// Reads the body.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let reading: Reading

        /// Returns the next bytes, or nil at the end.
        ///
        /// - Throws: the error that ended the transfer, such as `connectionLost`, `cancelled`, `closed`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(HTTPClientError) -> [UInt8]? {
            let reading = reading
            if Task.isCancelled { reading.client.cancel(reading.transfer) }
            return try await withTaskCancellationHandler {
                await reading.channel.next { reading.client.continueReceiving(reading.transfer) }
            } onCancel: {
                reading.client.cancel(reading.transfer)
            }.get()
        }
    }

    var channel: BodyChannel { reading.channel }
}
