import CCurl
import Synchronization

/// One request on its way: what libcurl's callbacks work on.
///
/// Unchecked, because everything below the mark belongs to the client's thread alone; the client's table
/// keeps the transfer alive for as long as libcurl has a pointer to it.
final class HTTPTransfer: @unchecked Sendable {
    let request: HTTPClientRequest
    let target: RequestTarget
    private let cancelFlag = Atomic(false)

    // The client's thread only.
    let sink: any ResponseSink
    var easy: EasyHandle?
    var upload: (any UploadSource)?
    var isReceivingPaused = false
    var isSendingPaused = false
    private var parser: ResponseHeadParser
    private var clock: TransferClock
    /// Why a callback made libcurl give up; it tells more than libcurl's own code.
    private var failure: HTTPClientError?
    private var isSent = false
    private var bytesMoved: Int64 = 0

    /// - Throws: `invalidURL`, `invalidRequest`.
    init(_ request: HTTPClientRequest, timeout: Duration?, sink: any ResponseSink) throws(HTTPClientError) {
        try request.validate()
        target = try RequestTarget(url: request.url)
        self.request = request
        self.sink = sink
        parser = ResponseHeadParser(followsRedirects: request.followsRedirects)
        clock = TransferClock(timeout: request.timeout ?? timeout, stallTimeout: request.stallTimeout)
    }

    /// Whether the caller has given up; may be read on any thread.
    var isCancelled: Bool { cancelFlag.load(ordering: .acquiring) }

    /// Notes that the caller has given up; may be called on any thread.
    func markCancelled() { cancelFlag.store(true, ordering: .releasing) }

    /// Delivers the end, with how far the request had got.
    func finish(_ failure: HTTPClientError?) {
        upload?.cancel()
        sink.finish(failure?.sent(isSent))
        upload = nil
        easy = nil
    }

    /// libcurl's verdict as an error, or nil if the response is complete.
    func failure(for code: CURLcode) -> HTTPClientError? {
        if let failure { return failure }
        guard code != CURLE_OK, let easy else { return nil }
        return HTTPClientError(code, from: easy, target: target, isSent: isSent)
    }

    /// Has libcurl go on with what was paused.
    ///
    /// - Throws: whatever the callbacks throw at once.
    func applyPause() throws(HTTPClientError) {
        guard let easy else { return }
        clock.touch()
        let receiving = isReceivingPaused ? CURLPAUSE_RECV : CURLPAUSE_RECV_CONT
        let sending = isSendingPaused ? CURLPAUSE_SEND : CURLPAUSE_SEND_CONT
        if let failure = failure(for: curl_easy_pause(easy.raw, receiving | sending)) { throw failure }
    }
}

/// The callbacks, already in Swift's terms. None of them lets an error out: it is noted, and libcurl is told
/// to stop.
extension HTTPTransfer {
    /// A connection is there and the request goes out next. Returns whether it may.
    func willSend() -> Bool {
        // libcurl repeats a request on its own when a kept connection turns out dead. The server may have
        // carried it out all the same.
        if isSent && !request.isIdempotent {
            failure = HTTPClientError(
                .connectionLost, "\(target.authority) closed the connection before it answered",
                mayHaveBeenSent: true)
            return false
        }
        isSent = true
        clock.begin()
        return true
    }

    func moved(_ bytes: Int64) {
        if bytes != bytesMoved { clock.touch() }
        bytesMoved = bytes
    }

    func received(headerLine: UnsafeRawBufferPointer) -> Bool {
        clock.touch()
        do {
            if let head = try parser.feed(headerLine) { try sink.receive(head: head) }
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// Returns nil on failure, false if the bytes must come again later.
    func received(body: UnsafeRawBufferPointer) -> Bool? {
        do {
            let isTaken = try sink.receive(body)
            if !isTaken { isReceivingPaused = true }
            return isTaken
        } catch {
            failure = error
            return nil
        }
    }

    /// Returns nil on failure.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> UploadRead? {
        guard let upload else { return .end }
        do {
            let read = try upload.read(into: buffer)
            if case .notYet = read { isSendingPaused = true }
            return read
        } catch {
            failure = error
            return nil
        }
    }
}

extension HTTPTransfer {
    /// The timeout that has passed, or the moment at which to look again; both nil if there is none.
    func expiry(at now: ContinuousClock.Instant) -> (
        failure: HTTPClientError?, next: ContinuousClock.Instant?
    ) {
        switch clock.check(at: now, isHeldUp: isReceivingPaused || isSendingPaused) {
        case .total:
            (HTTPClientError(.timedOut, "the request to \(target.authority) took too long"), nil)
        case .stall:
            (HTTPClientError(.timedOut, "\(target.authority) has been silent for too long"), nil)
        case .next(let moment): (nil, moment)
        }
    }
}
