import CCurl
import Synchronization

/// A request in flight, with the state of libcurl's callbacks.
///
/// Unchecked, because only the client's thread uses the state below the mark. The client's table keeps the transfer alive
/// as long as libcurl references it.
final class HTTPTransfer: @unchecked Sendable {
    let request: HTTPClientRequest
    let target: RequestTarget
    private let cancelFlag = Atomic(false)

    // Only the client's thread uses the following state.
    let sink: any ResponseSink
    var easy: EasyHandle?
    var upload: (any UploadSource)?
    var isReceivingPaused = false
    var isSendingPaused = false
    private var parser: ResponseHeadParser
    private var clock: TransferClock
    /// The error of a callback that made libcurl abort, which is more specific than libcurl's code.
    private var failure: HTTPClientError?
    /// Why the latest address was refused.
    private var rejection: HTTPClientError?
    private var isSent = false
    private var bytesMoved: Int64 = 0

    /// - Throws: `invalidURL`, `invalidRequest`.
    init(
        _ request: HTTPClientRequest, _ configuration: HTTPClientConfiguration, sink: any ResponseSink
    ) throws(HTTPClientError) {
        try request.validate()
        target = try RequestTarget(url: request.url, socketPath: configuration.socketPath)
        self.request = request
        self.sink = sink
        parser = ResponseHeadParser(followsRedirects: request.followsRedirects)
        clock = TransferClock(
            timeout: request.timeout ?? configuration.timeout, stallTimeout: request.stallTimeout)
    }

    /// Whether the caller has cancelled the request. Any thread may read it.
    var isCancelled: Bool { cancelFlag.load(ordering: .acquiring) }

    /// Marks the request as cancelled. Any thread may call it.
    func markCancelled() { cancelFlag.store(true, ordering: .releasing) }

    /// Delivers the result, with whether the request may have been sent.
    func finish(_ failure: HTTPClientError?) {
        upload?.cancel()
        sink.finish(failure?.sent(isSent))
        upload = nil
        easy = nil
    }

    /// The error of the transfer, or nil if the response is complete.
    func failure(for code: CURLcode) -> HTTPClientError? {
        if let failure { return failure }
        guard code != CURLE_OK, let easy else { return nil }
        // The host may have other addresses, so a refused one fails the request only if no other one was reached.
        if let rejection, code == CURLE_COULDNT_CONNECT { return rejection }
        return HTTPClientError(code, from: easy, target: target, isSent: isSent)
    }

    /// Resumes a paused transfer.
    ///
    /// - Throws: the error of a callback that runs at once.
    func applyPause() throws(HTTPClientError) {
        guard let easy else { return }
        clock.touch()
        let receiving = isReceivingPaused ? CURLPAUSE_RECV : CURLPAUSE_RECV_CONT
        let sending = isSendingPaused ? CURLPAUSE_SEND : CURLPAUSE_SEND_CONT
        if let failure = failure(for: curl_easy_pause(easy.raw, receiving | sending)) { throw failure }
    }
}

/// The callbacks with Swift types. An error is stored, and the callback makes libcurl abort.
extension HTTPTransfer {
    /// Called after the connection, before the request is sent. Returns whether to send it.
    func willSend() -> Bool {
        // libcurl repeats a request if a reused connection is closed. The server may have executed the first one.
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

    /// Whether the client may connect to an address; nil is one that is no IP address.
    func mayConnect(to address: String?) -> Bool {
        guard let refusesAddress = request.refusesAddress else { return true }
        guard let reason = address.map(refusesAddress) ?? "it has no IP address" else { return true }
        rejection = HTTPClientError(.cannotConnect, "cannot connect to \(target.authority): \(reason)")
        return false
    }

    /// Records the total number of transferred bytes in both directions.
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

    /// Returns nil on failure, false if libcurl must deliver the bytes again later.
    func received(body: UnsafeRawBufferPointer) -> Bool? {
        do {
            let isAccepted = try sink.receive(body)
            if !isAccepted { isReceivingPaused = true }
            return isAccepted
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
    /// The error of a passed timeout, or the time of the next check; both nil if there is no timeout.
    func expiry(at now: ContinuousClock.Instant) -> (
        failure: HTTPClientError?, next: ContinuousClock.Instant?
    ) {
        switch clock.check(at: now, isPaused: isReceivingPaused || isSendingPaused) {
        case .total:
            (HTTPClientError(.timedOut, "the request to \(target.authority) exceeded its timeout"), nil)
        case .stall:
            (
                HTTPClientError(
                    .timedOut, "\(target.authority) sent and received nothing until the idle timeout"), nil
            )
        case .next(let moment): (nil, moment)
        }
    }
}
