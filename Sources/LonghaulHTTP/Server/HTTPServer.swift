import LonghaulConcurrency
import Synchronization

/// An HTTP/1.1 server. It receives requests, calls an async handler for each, and sends the response.
///
/// It runs once: ``start()``, then ``shutdown(grace:)``. The handler runs on Swift's cooperative threads and must not
/// block them. If the handler takes more than about 0.1 s, its task is cancelled when the client disconnects or ends its
/// sending side.
public final class HTTPServer: Sendable {
    private enum State {
        case idle
        case running([LoopInbox])
        case stopped
    }

    private let state = Mutex(State.idle)
    private let configuration: HTTPServerConfiguration
    private let handler: @Sendable (HTTPRequest) async -> HTTPResponse
    /// Fires at the end of the last loop.
    private let ended = Event<Void>()

    /// Creates a server. ``start()`` makes it listen.
    ///
    /// - Parameter handler: answers each request. The server calls it concurrently.
    public init(
        configuration: HTTPServerConfiguration,
        handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) {
        self.configuration = configuration
        self.handler = handler
    }

    deinit {
        let loops: [LoopInbox] = state.withLock { state in
            guard case .running(let loops) = state else { return [] }
            return loops
        }
        for loop in loops { loop.send(.abort) }
    }

    /// Starts to listen and to serve.
    ///
    /// - Returns: the address, with the port that the system chose if it was 0.
    /// - Throws: ``HTTPServerError``.
    public func start() throws(HTTPServerError) -> HTTPAddress {
        let result: Result<HTTPAddress, HTTPServerError> = state.withLock { state in
            guard case .idle = state else {
                let detail = "The server has been started or stopped before."
                return .failure(HTTPServerError(code: .notStartable, detail: detail))
            }
            do throws(HTTPServerError) {
                let (address, loops) = try open()
                state = .running(loops)
                return .success(address)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Stops the server: accepts no connections, sends the configuration's shutdown signal, closes idle connections, and lets
    /// requests in flight finish. After the grace period it cancels their tasks and closes their connections. Returns when
    /// all connections are closed. May be called before or during the start and repeatedly. A server that is stopped before
    /// its start never starts.
    public func shutdown(grace: Duration) async {
        let (loops, hasNeverStarted): ([LoopInbox], Bool) = state.withLock { state in
            switch state {
            case .running(let loops): return (loops, false)
            case .idle:
                state = .stopped
                return ([], true)
            case .stopped: return ([], false)
            }
        }
        if hasNeverStarted { ended.fire() }
        configuration.shutdownSignal.set()
        for loop in loops { loop.send(.drain) }
        // The cancellation of the caller must not interrupt the shutdown, because connections would remain.
        await Task { [ended] in
            let cutOff = Task {
                try await Task.sleep(for: grace)
                for loop in loops { loop.send(.abort) }
            }
            await ended.wait()
            cutOff.cancel()
        }.value
    }

    /// Opens the sockets and starts a loop for each.
    private func open() throws(HTTPServerError) -> (HTTPAddress, [LoopInbox]) {
        let identity: TLSIdentity? =
            if let files = configuration.tls { try TLSIdentity(files) } else { nil }
        let count = max(configuration.threads, 1)
        let (sockets, port) = try ListeningSocket.open(
            host: configuration.host, port: configuration.port, count: count,
            loopbackOnly: configuration.loopbackOnly)
        let shared = EventLoop.Shared(configuration: configuration, identity: identity, handler: handler)
        let loops = try EventLoop.open(sockets, shared)
        let running = Countdown(loops.count)
        for loop in loops {
            let hasStarted = loop.start { [ended] in
                if running.arrive() { ended.fire() }
            }
            guard hasStarted else {
                for loop in loops { loop.inbox.send(.abort) }
                throw HTTPServerError(
                    code: .system, detail: "Cannot start the server: the system has no thread left")
            }
        }
        let address = HTTPAddress(host: configuration.host, port: port, isSecure: identity != nil)
        return (address, loops.map(\.inbox))
    }
}

/// Counts arrivals and detects the last one.
private final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) {
        left = Atomic(count)
    }

    /// Records an arrival. Returns whether it was the last one.
    func arrive() -> Bool {
        left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0
    }
}
