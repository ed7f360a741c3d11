import LonghaulConcurrency

/// Delivers a streamed response: the head through an event, the body through a channel.
final class StreamingSink: ResponseSink {
    let readSize = 16 * 1024
    private let head: ResponseEvent<ResponseHead>
    private let channel: BodyChannel

    init(head: ResponseEvent<ResponseHead>, channel: BodyChannel) {
        self.head = head
        self.channel = channel
    }

    func receive(head: ResponseHead) {
        self.head.fire(.success(head))
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        channel.offer(bytes)
    }

    func finish(_ failure: HTTPClientError?) {
        head.fire(.failure(failure ?? .noResponse))
        channel.finish(failure)
    }
}
