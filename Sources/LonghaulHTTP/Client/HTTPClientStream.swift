/// A response whose body is still coming.
public struct HTTPClientStream: Sendable {
    /// The status code, such as 200.
    public let status: Int
    /// The header fields, in order.
    public let headers: HTTPHeaders
    /// The body, to be read once.
    public let body: HTTPClientBody

    /// The events of a `text/event-stream` body.
    public var events: ServerSentEventSequence { ServerSentEventSequence(body: body) }

    /// Whether the status says that the request was carried out: 200 to 299.
    public var isSuccess: Bool { (200..<300).contains(status) }
}

/// The body of a ``HTTPClientStream``: one task reads it, once. When the last copy is gone, or the reading task
/// is cancelled, the transfer ends.
public struct HTTPClientBody: AsyncSequence, Sendable {
    /// Some bytes, never none.
    public typealias Element = [UInt8]

    /// Ends the transfer when nobody can read it any more.
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

    /// Reads on where the last reader stopped.
    public func makeAsyncIterator() -> Iterator { Iterator(reading: reading) }

    /// Reads all that is left.
    ///
    /// - Throws: `tooLarge` if it is more than `maxBytes`, or whatever ended the transfer.
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
        /// - Throws: whatever ended the transfer, such as `connectionLost`, `cancelled`, `closed`.
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
