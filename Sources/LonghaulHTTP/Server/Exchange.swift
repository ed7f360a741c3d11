import CMicroHTTPD
import Glibc

/// One request and its response, from the request line to the last byte sent.
///
/// It belongs to its event loop's thread, on which libmicrohttpd calls it and which hands it the answer;
/// only ``run(_:)`` is on the handler's task, and reads nothing that changes by then.
final class Exchange: @unchecked Sendable {
    /// Where it stands.
    enum Phase {
        /// The header fields are still arriving.
        case head
        /// A small body, or none, is gathered before the handler starts.
        case collecting
        /// The handler runs and has not asked for the body yet.
        case offered
        /// The body is passed to the handler as it arrives.
        case streaming
        /// All is received, and the handler's answer is waited for.
        case handling
        /// The answer is there, and the rest of the body is passed over before it is sent.
        case draining(PreparedResponse)
        /// The answer is being sent.
        case responding
        /// The answer has been sent past libmicrohttpd; what the client still sends is passed over.
        /// When the answer came before the body was asked for, libmicrohttpd first has to go on to the body.
        case cut(isBeforeBody: Bool)
        /// The client is gone, or cut off.
        case aborted
    }

    /// Bodies of a known length up to this are gathered before their handler starts.
    static let collectedLimit = 64 * 1024
    /// An answer that comes before the end of the body is held back when no more than this is missing.
    private static let drainLimit: UInt64 = 256 * 1024
    /// How much is passed over, and for how long, so that a client that is still sending gets to read why
    /// it was refused.
    private static let cutLimit: UInt64 = 8 * 1024 * 1024
    private static let cutMilliseconds: UInt64 = 2_000

    let loop: EventLoop
    var connection: Connection?
    let target: Result<DecodedTarget, RequestFault>
    private(set) var isHead = false
    /// The length of the target as it was sent.
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
    /// The bytes of a large answer, and how many the library has taken.
    var answer: [UInt8] = []
    var sent = 0
    private var answerReservation: ByteReservation?
    var bodyReservation: ByteReservation?
    /// The body is chunked.
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

    /// Whether the header fields have been seen.
    var hasBegun: Bool {
        if case .head = phase { false } else { true }
    }

    /// Whether only the handler can go on, and has been silent for a while.
    var waitsForHandler: Bool {
        guard isSuspended, loop.now > suspendedAt else { return false }
        switch phase {
        case .handling, .responding: return true
        default: return false
        }
    }

    /// Whether more of the request is waited for.
    var isReceiving: Bool {
        guard !isSuspended else { return false }
        switch phase {
        case .head, .collecting, .streaming, .draining, .cut: return true
        case .offered, .handling, .responding, .aborted: return false
        }
    }

    // MARK: Receiving

    /// The header fields are in.
    func begin(method: UnsafePointer<CChar>, url: UnsafePointer<CChar>, version: UnsafePointer<CChar>) {
        guard let connection else { return }
        connection.deadline = nil
        isHead = strcmp(method, "HEAD") == 0
        phase = .collecting
        startPace(timeout: loop.shared.configuration.bodyTimeout, from: 0)
        do throws(RequestFault) {
            let line = RawHead.Line(method: method, target: url, version: version, targetCount: targetCount)
            let head = try RequestHead(
                connection: connection, line: line, target: target, configuration: loop.shared.configuration,
                isSecure: loop.shared.identity != nil)
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

    /// Starts the handler with a body that is not there yet.
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

    /// A part of the body. False closes the connection.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        received += UInt64(bytes.count)
        if chunks?.check(bytes, turn: loop.turn) == false, case .streaming = phase {
            refuse(
                RequestFault(
                    status: 400, detail: "A chunk has an extension, or its size is not a line of its own.",
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

    /// The body has ended, or libmicrohttpd goes on after a pause. False closes the connection.
    func advance() -> Bool {
        switch phase {
        case .collecting:
            guard let request else { return false }
            self.request = nil
            phase = .handling
            start(withBody(request))
        case .offered:
            // The handler reads: let the body come.
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

    private func withBody(_ request: HTTPRequest) -> HTTPRequest {
        guard !collected.isEmpty else { return request }
        var request = request
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

    /// The handler's answer is there.
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

    /// Answers before the whole body is there: libmicrohttpd takes no response then.
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
        // The time until the handler answered was not the client's.
        startPace(timeout: loop.shared.configuration.bodyTimeout, from: received)
        extendDeadline()
    }

    /// Sends the answer at once, ends that direction, and passes over what still comes for a moment.
    func cut(_ response: PreparedResponse) {
        connection?.sendAndFinish(response, isHead: isHead)
        connection?.deadline = loop.now + Self.cutMilliseconds
        received = 0
        let isBeforeBody = if case .offered = phase { true } else { false }
        phase = .cut(isBeforeBody: isBeforeBody)
    }

    /// Gives the answer to libmicrohttpd.
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

    /// What the loop's thread sends of a stream.
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
    }

    /// Goes on after a pause. The loop runs the daemon before it sleeps again.
    func resume() {
        guard let connection, isSuspended else { return }
        isSuspended = false
        if case .streaming = phase {
            pace?.skip(milliseconds: loop.now - suspendedAt)
            extendDeadline()
        }
        MHD_resume_connection(connection.handle)
    }

    /// Lets go of a request whose client has gone, or is to go.
    func abort() {
        stopHandler()
        if case .draining(let response) = phase { response.discard() }
        phase = .aborted
        connection?.cut()
        resume()
    }

    /// libmicrohttpd has finished with it.
    func end(completed: Bool) {
        guard let connection else { return }
        if !completed { stopHandler() }
        if case .draining(let response) = phase { response.discard() }
        self.connection = nil
        connection.exchange = nil
        connection.idleSince = loop.now
        answerReservation = nil
        answer = []
        connection.deadline = loop.now + loop.shared.configuration.idleTimeout.milliseconds
    }

    private func stopHandler() {
        // First the reason, which says more than a cancellation.
        channel?.finish(.failure(HTTPBodyError.disconnected))
        writer?.finish(.failure(HTTPBodyError.disconnected))
        task?.cancel()
    }
}
