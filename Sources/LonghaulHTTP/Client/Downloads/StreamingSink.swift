/// Delivers a streamed response: the head through a promise, the body through a channel.
final class StreamingSink: ResponseSink {
    let readSize = 16 * 1024
    private let head: Promise<ResponseHead>
    private let channel: BodyChannel

    init(head: Promise<ResponseHead>, channel: BodyChannel) {
        self.head = head
        self.channel = channel
    }

    func receive(head: ResponseHead) {
        self.head.fulfil(.success(head))
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        channel.offer(bytes)
    }

    func finish(_ failure: HTTPClientError?) {
        head.fulfil(.failure(failure ?? .noResponse))
        channel.finish(failure)
    }
}
