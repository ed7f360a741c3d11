import CMicroHTTPD
import LonghaulPlatform

/// A request and its response, from the request line to the last sent byte.
///
/// Only the thread of its event loop uses it, with the exception of ``run(_:)``. That method runs on the handler's task, and
/// reads only state that no longer changes.
final class Exchange: @unchecked Sendable {
    /// The phase of the exchange.
    enum Phase {
        /// The header fields are still arriving.
        case head
        /// A small body is collected before the handler starts.
        case collecting
        /// The handler runs and has not read from the body.
        case offered
        /// The body is passed to the handler as it arrives.
        case streaming
        /// The request is complete, and the handler runs.
        case handling
        /// The answer is ready. The rest of the body is discarded before it is sent.
        case draining(PreparedResponse)
        /// The answer is being sent.
        case responding
        /// The answer has bypassed libmicrohttpd, and further bytes of the client are discarded. If the handler answered
        /// before it read from the body, libmicrohttpd must first continue to the body.
        case cut(isBeforeBody: Bool)
        /// The client has disconnected, or the connection is closed.
        case aborted
    }

    /// The maximum length of a body that is collected before its handler starts.
    static let collectedLimit = 64 * 1024
    /// An answer before the end of the body waits for the rest if at most this number of bytes is missing.
    private static let drainLimit: UInt64 = 256 * 1024
    /// The limits of discarded bytes and of the time for them, so that a sending client reads why it was rejected.
    private static let cutLimit: UInt64 = 8 * 1024 * 1024
    private static let cutMilliseconds: UInt64 = 2_000

    let loop: EventLoop
    var connection: Connection?
    let target: Result<DecodedTarget, RequestFault>
    private(set) var isHead = false
    /// The length of the encoded target.
    private let targetCount: Int
    var phase = Phase.head
    private(set) var isSuspended = false
    private(set) var suspendedAt: UInt64 = 0
    private(set) var task: Task<Void, Never>?
    private var request: HTTPRequest?
    private var collected: [UInt8] = []
    private(set) var channel: RequestBodyChannel?
    private var writer: HTTPBodyWriter?
    private(set) var received: UInt64 = 0
    /// Measures the body while it arrives, and then the answer.
    var pace: TransferPace?
    /// The bytes of a large answer, and the number of those that the library has read.
    var answer: [UInt8] = []
    var sent = 0
    private var answerReservation: ByteReservation?
    var bodyReservation: ByteReservation?
    /// Whether the body is chunked.
    private var chunks: ChunkFraming?
    private(set) var length: UInt64?
    private(set) var limit = 0

    init(loop: EventLoop, connection: Connection, target: UnsafePointer<CChar>?) {
        self.loop = loop
        self.connection = connection
        targetCount = target.map { strlen($0) } ?? 0
        self.target = RequestFault.checkedTarget(target, loop.shared.configuration)
        connection.deadline = loop.now + loop.headerMilliseconds(connection)
    }

    /// Whether the header fields are complete.
    var hasBegun: Bool {
        if case .head = phase { false } else { true }
    }

    /// Whether the exchange has waited for the handler for a while.
    var waitsForHandler: Bool {
        guard isSuspended, loop.now > suspendedAt else { return false }
        switch phase {
        case .handling, .responding: return true
        default: return false
        }
    }

    /// Whether the server waits for more of the request.
    var isReceiving: Bool {
        guard !isSuspended else { return false }
        switch phase {
        case .head, .collecting, .streaming, .draining, .cut: return true
        case .offered, .handling, .responding, .aborted: return false
        }
    }

    // MARK: Receiving

    /// Called when the header fields are complete.
    func begin(method: UnsafePointer<CChar>, url: UnsafePointer<CChar>, version: UnsafePointer<CChar>) {
        guard let connection else { return }
        connection.deadline = nil
        isHead = strcmp(method, "HEAD") == 0
        phase = .collecting
        startPace(timeout: loop.shared.configuration.bodyTimeout, from: 0)
        do throws(RequestFault) {
            guard connection.identity?.accepts(connection.handle) != false else { return abort() }
            let line = RawHead.Line(method: method, target: url, version: version, targetCount: targetCount)
            let head = try RequestHead(
                connection: connection, line: line, target: target, configuration: loop.shared.configuration,
                isSecure: loop.identities != nil)
            length = head.length
            limit = head.limit
            try reserveBody()
            if let length = head.length, length <= UInt64(Self.collectedLimit) {
                collected.reserveCapacity(Int(length))
                request = head.request
                if length > 0 { extendDeadline() }
            } else {
                if length == nil {
                    let end = UnsafeRawPointer(method) + longhaul_mhd_header_size(connection.handle)
                    chunks = ChunkFraming(start: end)
                }
                offer(head.request)
            }
        } catch {
            refuse(error)
        }
    }

    /// Starts the handler before the body has arrived.
    private func offer(_ head: HTTPRequest) {
        var request = head
        let channel = RequestBodyChannel(expectedLength: length, reservation: bodyReservation) {
            [weak self] in
            if let self { loop.inbox.send(.resume(self)) }
        }
        self.channel = channel
        bodyReservation = nil
        request.body = HTTPBody(channel)
        phase = .offered
        start(request)
    }

    /// Called with a part of the body. Returning false closes the connection.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        received += UInt64(bytes.count)
        if chunks?.check(bytes, turn: loop.turn) == false, case .streaming = phase {
            refuse(
                RequestFault(
                    status: 400, detail: "A chunk has an extension, or its size is not on a separate line.",
                    hasBody: true))
            return true
        }
        switch phase {
        case .collecting:
            collected.append(contentsOf: bytes)
        case .streaming:
            guard received <= UInt64(clamping: limit) else {
                refuse(RequestFault(status: 413, detail: "The body is longer than \(limit) bytes."))
                return true
            }
            if channel?.append(bytes) == false { suspend() } else { extendDeadline() }
        case .draining:
            extendDeadline()
        case .cut:
            return received <= Self.cutLimit
        case .head, .offered, .handling, .responding, .aborted:
            return false
        }
        return true
    }

    /// Called at the end of the body, or when libmicrohttpd continues after a pause. Returning false closes the connection.
    func advance() -> Bool {
        switch phase {
        case .collecting:
            guard let request = request.take() else { return false }
            phase = .handling
            start(withBody(request))
        case .offered:
            // The handler reads from the body: receives it.
            phase = .streaming
            startPace(timeout: loop.shared.configuration.bodyTimeout, from: received)
            extendDeadline()
        case .streaming:
            channel?.finish()
            phase = .handling
            suspend()
        case .draining(let response):
            queue(response)
        case .handling, .responding:
            suspend()
        case .cut(isBeforeBody: true):
            phase = .cut(isBeforeBody: false)
        case .head, .cut, .aborted:
            return false
        }
        return true
    }

    private func withBody(_ request: consuming HTTPRequest) -> HTTPRequest {
        guard !collected.isEmpty else { return request }
        request.body = HTTPBody(collected, reservation: bodyReservation)
        collected = []
        bodyReservation = nil
        return request
    }

    private func start(_ request: HTTPRequest) {
        suspend()
        task = Task { await run(request) }
    }

    // MARK: Answering

    /// Receives the answer of the handler.
    func answer(_ response: PreparedResponse) {
        guard connection != nil else { return response.discard() }
        switch phase {
        case .handling:
            queue(response)
        case .offered, .streaming:
            answerEarly(response)
        case .head, .collecting, .draining, .responding, .cut, .aborted:
            return response.discard()
        }
        resume()
    }

    /// Answers before the end of the body, when libmicrohttpd accepts no response.
    private func answerEarly(_ response: PreparedResponse) {
        channel?.finish(.failure(HTTPBodyError.disconnected))
        let missing = length.map { $0 - received } ?? .max
        if case .streaming = phase, missing <= Self.drainLimit {
            drain(response)
        } else if case .bytes(let bytes) = response.body, bytes.count <= Self.collectedLimit {
            cut(response)
        } else if case .offered = phase {
            queue(response)
        } else {
            drain(response)
        }
    }

    private func drain(_ response: PreparedResponse) {
        phase = .draining(response)
        // The time of the handler does not count against the client.
        startPace(timeout: loop.shared.configuration.bodyTimeout, from: received)
        extendDeadline()
    }

    /// Sends the answer at once, ends the sending side, and discards incoming bytes for a short time.
    func cut(_ response: PreparedResponse) {
        connection?.sendAndFinish(response, isHead: isHead)
        connection?.deadline = loop.now + Self.cutMilliseconds
        received = 0
        let isBeforeBody = if case .offered = phase { true } else { false }
        phase = .cut(isBeforeBody: isBeforeBody)
    }

    /// Passes the answer to libmicrohttpd.
    func queue(_ response: PreparedResponse, closes: Bool = false) {
        guard let connection else { return response.discard() }
        if isHead, case .stream(length: nil, _) = response.body {
            connection.sendAndFinish(response, isHead: true)
            response.discard()
            return abort()
        }
        connection.deadline = nil
        phase = .responding
        startPace(timeout: loop.shared.configuration.writeTimeout, from: 0)
        answerReservation = response.reservation
        if case .stream(_, let writer) = response.body { self.writer = writer }
        let closes = closes || loop.isDraining || chunks != nil || connection.grade != .ordinary
        if !send(response, on: connection, closes: closes) { abort() }
    }

    /// The next bytes of a stream for the loop's thread.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> HTTPBodyWriter.Read {
        guard case .responding = phase, let writer, !loop.isClosing else { return .failed }
        let read = writer.read(into: buffer)
        if read == .nothingYet { suspend() }
        return read
    }

    // MARK: Pausing and ending

    private func suspend() {
        guard let connection, !isSuspended else { return }
        MHD_suspend_connection(connection.handle)
        isSuspended = true
        suspendedAt = loop.now
        connection.deadline = nil
        loop.waits(self)
    }

    /// Continues after a pause. The loop runs the daemon before it sleeps.
    func resume() {
        guard let connection, isSuspended else { return }
        isSuspended = false
        if case .streaming = phase {
            pace?.skip(milliseconds: loop.now - suspendedAt)
            extendDeadline()
        }
        MHD_resume_connection(connection.handle)
    }

    /// Cancels a request whose client has disconnected, or whose connection must close.
    func abort() {
        stopHandler()
        if case .draining(let response) = phase { response.discard() }
        phase = .aborted
        connection?.cut()
        resume()
    }

    /// Called when libmicrohttpd has finished the request.
    func end(completed: Bool) {
        guard let connection else { return }
        if !completed { stopHandler() }
        if case .draining(let response) = phase { response.discard() }
        self.connection = nil
        connection.exchange = nil
        loop.becameIdle(connection)
        answerReservation = nil
        answer = []
        connection.deadline = loop.now + loop.shared.configuration.idleTimeout.milliseconds
    }

    private func stopHandler() {
        // Sets the reason first, which is more specific than a cancellation.
        channel?.finish(.failure(HTTPBodyError.disconnected))
        writer?.finish(.failure(HTTPBodyError.disconnected))
        task?.cancel()
    }
}
