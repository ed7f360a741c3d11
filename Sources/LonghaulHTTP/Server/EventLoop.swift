import CMicroHTTPD
import LonghaulConcurrency
import LonghaulPlatform
import Synchronization

/// A thread that accepts, receives and sends with one libmicrohttpd daemon.
///
/// The daemon has no thread: the loop's thread makes all its calls, between two calls of `poll`. Other threads use the
/// inbox. Only the loop's thread uses state without a lock.
final class EventLoop: @unchecked Sendable {
    /// The shared state of the loops of a server.
    struct Shared: Sendable {
        let configuration: HTTPServerConfiguration
        let handler: @Sendable (HTTPRequest) async -> HTTPResponse
        let connections: ConnectionCounter
        /// The identities of TLS connections; nil for plain HTTP.
        let identities: TLSIdentities?
        /// The memory budgets of bodies and answers.
        let bodies: ByteBudget
        let answers: ByteBudget

        init(
            configuration: HTTPServerConfiguration, identities: TLSIdentities?,
            handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
        ) {
            self.configuration = configuration
            self.handler = handler
            self.identities = identities
            connections = ConnectionCounter(configuration)
            bodies = ByteBudget(limit: configuration.maxBodyMemoryBytes)
            answers = ByteBudget(limit: configuration.maxAnswerMemoryBytes)
            configuration.counters.watch(body: bodies, answer: answers)
        }
    }

    /// The interval of the check of deadlines, in milliseconds.
    private static let sweepInterval: UInt64 = 100
    /// The number of checks after which idle connections are checked as well.
    private static let thoroughEvery: UInt64 = 10

    let shared: Shared
    /// The identities of the connections; nil for plain HTTP, and on a Unix socket.
    let identities: TLSIdentities?
    let inbox: LoopInbox
    /// The meter of the thread, which is busy outside of `poll`.
    private let meter: WorkMeter
    /// The epoll descriptor for the sockets of clients that wait for a handler.
    let watch: Int32
    private var daemon: OpaquePointer?
    private(set) var connections: [Connection] = []
    /// The place of the connection that became idle last.
    private var lastIdleOrder: UInt64 = 0
    /// The start of the next search for an idle connection.
    var evictionCursor = 0
    /// The place of a connection that is accepted and not yet started.
    var reservation: (address: String, grade: HTTPConnectionClass)?
    private var nextSweep: UInt64 = 0
    private var sweeps: UInt64 = 0
    private var hasLostConnection = false
    /// The requests that have begun to wait for their handlers, in this order, until their clients are watched.
    var waiting: [Exchange] = []
    /// The time of this turn, in milliseconds of a monotonic clock.
    private(set) var now: UInt64 = 0
    /// The start of the previous turn, in milliseconds.
    private(set) var turnBegan: UInt64 = 0
    /// The number of calls of the daemon.
    private(set) var turn: UInt64 = 0
    /// Whether the loop accepts no connections, and closes each after its answer.
    private(set) var isDraining = false
    /// The deadline of arriving bodies while draining, in milliseconds of the loop's clock.
    private(set) var drainDeadline = UInt64.max
    private var isAborting = false
    /// Whether the daemon is about to stop. It requires that no connection is suspended.
    private(set) var isClosing = false

    /// Starts a daemon on a listening socket and takes ownership of it. The daemon accepts connections after ``start``.
    init(listener: ListeningSocket, shared: Shared) throws(HTTPServerError) {
        let wake = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        self.shared = shared
        identities = listener.isLocal ? nil : shared.identities
        watch = epoll_create1(Int32(EPOLL_CLOEXEC))
        meter = WorkMeter("HTTP loop \(wake)")
        inbox = LoopInbox(wakeDescriptor: wake, meter: meter)
        now = Self.milliseconds()
        guard wake >= 0, watch >= 0 else {
            let fault = Self.fault()
            close(listener.descriptor)
            throw fault
        }
        daemon = startDaemon(listener.descriptor)
        guard daemon != nil else { throw Self.fault() }
    }

    /// Creates a loop for each of the sockets, and takes ownership of them. Creates all or none.
    static func open(_ sockets: [ListeningSocket], _ shared: Shared) throws(HTTPServerError) -> [EventLoop] {
        var loops: [EventLoop] = []
        do {
            for socket in sockets { loops.append(try EventLoop(listener: socket, shared: shared)) }
        } catch {
            for socket in sockets.dropFirst(loops.count + 1) { close(socket.descriptor) }
            throw error
        }
        return loops
    }

    deinit {
        stopDaemon()
        for descriptor in [watch, inbox.wakeDescriptor] where descriptor >= 0 { close(descriptor) }
    }

    private static func fault() -> HTTPServerError {
        HTTPServerError(
            code: .system, detail: "Cannot start the server: \(String(cString: strerror(errno)))")
    }

    /// Starts the thread. Returns false if the system has no thread left.
    ///
    /// - Parameter ended: called on the thread at its end, after the last connection.
    func start(ended: @escaping @Sendable () -> Void) -> Bool {
        BlockingThread.start("lh-http") { [self] in
            let blocked = longhaul_mhd_block_sigpipe()
            precondition(blocked == 0, "a thread's signals can always be blocked")
            run()
            ended()
        }
    }

    private func stopDaemon() {
        guard let daemon else { return }
        MHD_stop_daemon(daemon)
        self.daemon = nil
    }

    private func run() {
        guard let daemon else { return }
        var polled = [longhaul_mhd_epoll(daemon), inbox.wakeDescriptor, watch].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        meter.accept()
        defer { meter.finish() }
        while !(isDraining && connections.isEmpty) && !isAborting {
            let timeout = timeToSleep(daemon)
            if timeout != 0, inbox.prepareToSleep() {
                meter.finish()
                poll(&polled, nfds_t(polled.count), timeout)
                meter.accept()
                var count: eventfd_t = 0
                if polled[1].revents != 0 { eventfd_read(inbox.wakeDescriptor, &count) }
                if polled[2].revents != 0 { noticeEnds() }
            }
            meter.tick()
            turnBegan = now
            now = Self.milliseconds()
            for message in inbox.take() { obey(message) }
            watchClients()
            if now >= nextSweep { sweep() }
            turn &+= 1
            MHD_run(daemon)
            releaseReservation()
        }
        isClosing = true
        waiting = []
        abortAll()
        MHD_run(daemon)
        stopDaemon()
        // The request has ended: drops its late answer and closes the file.
        for message in inbox.close() { obey(message) }
    }

    private func timeToSleep(_ daemon: OpaquePointer) -> Int32 {
        if hasLostConnection {
            // A daemon without free descriptors listens again one turn after the end of a connection.
            hasLostConnection = false
            return 0
        }
        var limit: UInt64 = 0
        var timeout = MHD_get_timeout(daemon, &limit) == .YES ? limit : UInt64(Int32.max)
        if !connections.isEmpty {
            let current = Self.milliseconds()
            let next = min(nextSweep, waiting.first.map { $0.suspendedAt + Self.watchAfter } ?? nextSweep)
            timeout = min(timeout, next > current ? next - current : 1)
        }
        if timeout >= UInt64(Int32.max) { return -1 }
        return Int32(timeout)
    }

    private func obey(_ message: LoopMessage) {
        switch message {
        case .answer(let exchange, let response): exchange.answer(response)
        case .resume(let exchange): exchange.resume()
        case .abort: isAborting = true
        case .drain:
            guard !isDraining, let daemon else { return }
            isDraining = true
            nextSweep = 0
            drainDeadline = now + shared.configuration.stopTimeout.milliseconds
            for connection in connections { connection.exchange?.hurry() }
            // The loop owns the socket from here. The kernel would continue to fill its queue until the close.
            let listener = MHD_quiesce_daemon(daemon)
            if listener >= 0 { close(listener) }
        }
    }

    /// Closes connections after their deadline.
    private func sweep() {
        nextSweep = now + Self.sweepInterval
        sweeps &+= 1
        let isThorough = sweeps.isMultiple(of: Self.thoroughEvery)
        for connection in connections {
            if let deadline = connection.deadline, now >= deadline {
                connection.deadline = nil
                expire(connection)
            } else if connection.exchange?.isReceiving ?? isThorough, connection.hasEnded {
                // libmicrohttpd misses an end of the stream that arrives together with the last bytes.
                connection.cut()
            } else if isDraining, let exchange = connection.exchange, !exchange.hasBegun {
                connection.cut()
            } else if let exchange = connection.exchange {
                exchange.cutSlowReader()
            } else if isDraining, !connection.hasUnreadBytes {
                connection.cut()
            }
        }
    }

    private func expire(_ connection: Connection) {
        if let exchange = connection.exchange {
            exchange.expire()
        } else {
            connection.cut()
        }
    }

    /// Ends all requests and releases all connections, so that the daemon can stop.
    private func abortAll() {
        for connection in connections {
            connection.exchange?.abort()
            connection.cut()
        }
    }

    /// Records that a connection has become idle, after all others that are idle now.
    func becameIdle(_ connection: Connection) {
        lastIdleOrder += 1
        connection.idleOrder = lastIdleOrder
    }

    func add(_ connection: Connection) {
        connection.index = connections.count
        becameIdle(connection)
        connection.deadline = now + headerMilliseconds(connection)
        connections.append(connection)
        if connections.count == 1 { nextSweep = now + Self.sweepInterval }
    }

    /// Removes a connection that libmicrohttpd is about to close.
    func remove(_ connection: Connection) {
        if connection.isWatched {
            // Closing the socket is not enough: a child process before its exec has it open as well.
            var event = epoll_event()
            epoll_ctl(watch, EPOLL_CTL_DEL, connection.socket, &event)
        }
        connections.swapAt(connection.index, connections.count - 1)
        connections[connection.index].index = connection.index
        connections.removeLast()
        hasLostConnection = true
        if !connection.isEvicted { shared.connections.remove(connection.address ?? "") }
    }

    /// The timeout of a head. Connections beyond the limits have a shorter one.
    func headerMilliseconds(_ connection: Connection) -> UInt64 {
        let limit = shared.configuration.headerTimeout.milliseconds
        return connection.grade == .ordinary ? limit : min(limit, 5_000)
    }

    static func milliseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }

    private func startDaemon(_ listener: Int32) -> OpaquePointer? {
        let configuration = shared.configuration
        var options = longhaul_mhd_options()
        options.listen_socket = listener
        // Memory for the header fields twice, in raw and in parsed form, and for sending.
        options.memory_limit = 2 * configuration.maxHeaderBytes + 16 * 1024
        // Evicted connections count here until they are closed.
        options.connection_limit = UInt32(clamping: 2 * shared.connections.most)
        options.timeout_seconds = configuration.maxTimeoutSeconds
        options.uses_tls = identities == nil ? 0 : 1
        options.setCallbacks(of: self)
        return longhaul_mhd_start(&options)
    }
}

extension HTTPServerConfiguration {
    /// The timeout of the library, in seconds: a backstop of the loop's timeouts, and the only one while sending.
    fileprivate var maxTimeoutSeconds: UInt32 {
        let longest = max(writeTimeout, idleTimeout, headerTimeout, bodyTimeout)
        return UInt32(clamping: longest.components.seconds + 1)
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(clamping: seconds) * 1_000 + UInt64(clamping: attoseconds / 1_000_000_000_000_000)
    }
}
