import LonghaulConcurrency
import Synchronization

/// An HTTP/1.1 server. It receives requests, calls an async handler for each, and sends the response.
///
/// It runs once: ``start()``, then ``shutdown(grace:)``. The handler runs on Swift's cooperative threads and must not
/// block them. If the handler takes more than about 0.01 s, its task is cancelled when the client disconnects or ends its
/// sending side.
public final class HTTPServer: Sendable {
    private struct Running {
        let addresses: [HTTPAddress]
        let loops: [LoopInbox]
        let socketFiles: [UnixSocketFile]
        let identities: TLSIdentities?
    }

    private enum State {
        case idle
        case running(Running)
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
        let running = running
        for file in running?.socketFiles ?? [] { file.remove() }
        for loop in running?.loops ?? [] { loop.send(.abort) }
    }

    private var running: Running? {
        state.withLock { state in
            if case .running(let running) = state { running } else { nil }
        }
    }

    /// The addresses of a started server, in the order of the endpoints.
    public var addresses: [HTTPAddress] { running?.addresses ?? [] }

    /// Starts to listen and to serve.
    ///
    /// - Returns: the address of the first endpoint, with the port that the system chose if it was 0.
    /// - Throws: ``HTTPServerError``.
    public func start() throws(HTTPServerError) -> HTTPAddress {
        let result: Result<HTTPAddress, HTTPServerError> = state.withLock { state in
            guard case .idle = state else {
                let detail = "The server has been started or stopped before."
                return .failure(HTTPServerError(code: .notStartable, detail: detail))
            }
            do throws(HTTPServerError) {
                let running = try open()
                state = .running(running)
                return .success(running.addresses[0])
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
        let hasNeverStarted = state.withLock { state in
            guard case .idle = state else { return false }
            state = .stopped
            return true
        }
        if hasNeverStarted { ended.fire() }
        configuration.shutdownSignal.set()
        let running = running
        let loops = running?.loops ?? []
        for file in running?.socketFiles ?? [] { file.remove() }
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

    /// Reads the files of the TLS identity again. New connections use it; open connections and their requests are not
    /// affected. Call it on a thread that may block.
    ///
    /// - Returns: the new certificate; nil if the server does not run, or does not use TLS.
    /// - Throws: ``HTTPServerError`` with `badCertificate`. The server then continues with the certificate that it has.
    public func reloadCertificate() throws(HTTPServerError) -> HTTPCertificate? {
        guard let identities = running?.identities else { return nil }
        return try identities.reload()
    }

    /// Opens the sockets and starts a loop for each.
    private func open() throws(HTTPServerError) -> Running {
        let identities: TLSIdentities? =
            if let files = configuration.tls {
                try TLSIdentities(files, configuration.counters)
            } else { nil }
        let listeners = try Listener.open(configuration)
        do throws(HTTPServerError) {
            let shared = EventLoop.Shared(
                configuration: configuration, identities: identities, handler: handler)
            let loops = try start(EventLoop.open(listeners.flatMap(\.sockets), shared))
            return Running(
                addresses: listeners.map(\.address), loops: loops,
                socketFiles: listeners.compactMap(\.file), identities: identities)
        } catch {
            for listener in listeners { listener.file?.remove() }
            throw error
        }
    }

    /// Starts the threads of the loops.
    private func start(_ loops: [EventLoop]) throws(HTTPServerError) -> [LoopInbox] {
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
        return loops.map(\.inbox)
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
