/// How a server listens, and what it puts up with.
public struct HTTPServerConfiguration: Sendable {
    /// The files of a server's TLS identity, both PEM.
    public struct TLS: Sendable, Hashable {
        /// The path of the certificate, followed by those that lead to its root.
        public var certificatePath: String
        /// The path of the private key.
        public var keyPath: String

        /// The files at these paths.
        public init(certificatePath: String, keyPath: String) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }

    /// The host to listen on: a numeric address, or a name of this machine.
    public var host: String
    /// The port; 0 picks a free one.
    public var port: UInt16
    /// Whether to refuse to listen if any address of the host is not a loopback address.
    public var loopbackOnly = false
    /// How many threads receive and send.
    public var threads = 2
    /// The maximum of connections. A new one that exceeds it takes the place of an idle one. If none is idle,
    /// it is accepted for what ``admit`` lets through, up to an eighth more and 72, and closed at once above.
    public var maxConnections = 4_096
    /// The maximum of connections from one address, with the same rules.
    public var maxConnectionsPerAddress = 3_072
    /// The maximum of bytes of request bodies in memory, over all requests. Bodies over 64 KiB leave a quarter of it
    /// to smaller ones. The server answers 503 to a body that does not fit.
    public var maxBodyMemoryBytes = 128 * 1024 * 1024
    /// The maximum of bytes of answers over 64 KiB in memory, over all requests. Answers to GET and HEAD leave a quarter
    /// of it to other methods; the server replaces those that do not fit by 503. It sends answers to other methods even
    /// above the maximum: ``admit`` should refuse such requests while ``HTTPServerCounters/answerBytes`` is at the
    /// maximum. Streams and files do not count.
    public var maxAnswerMemoryBytes = 64 * 1024 * 1024
    /// The minimum rate of a body and of a large answer, in bytes per second. A client may fall behind it for
    /// ``bodyTimeout`` or ``writeTimeout``; what it transfers faster gains no more than that. 0 turns the rate off.
    public var minBytesPerSecond = 500
    /// The most bytes of a request line with its header fields; above, the answer is 431. Requests over
    /// twice as long are refused before they are understood, with a short HTML page.
    public var maxHeaderBytes = 32 * 1024
    /// The most bytes of a request target; above, the answer is 414.
    public var maxTargetBytes = 8 * 1024
    /// The most bytes of a request's body; above, the answer is 413 and the connection is closed. Called
    /// with the request before its body is there (``HTTPRequest/body`` is empty), on a thread that must not
    /// be held up. 64 MiB for all unless set.
    public var maxBodyBytes: @Sendable (HTTPRequest) -> Int = { _ in 64 * 1024 * 1024 }
    /// How long a connection may stay open without a request.
    public var idleTimeout: Duration = .seconds(60)
    /// How long a request's header may take; above, the answer is 408, or just the end if not even the
    /// request line has come.
    public var headerTimeout: Duration = .seconds(20)
    /// How long a body may pause while the server waits for it, or fall behind ``minBytesPerSecond``. Above, the answer
    /// is 408.
    public var bodyTimeout: Duration = .seconds(20)
    /// How long the rest of a body may take when the server stops.
    public var stopTimeout: Duration = .seconds(5)
    /// How long a client may read nothing of an answer, or read a large one more slowly than ``minBytesPerSecond``.
    /// Whole seconds.
    public var writeTimeout: Duration = .seconds(60)
    /// The TLS identity; plain HTTP without.
    public var tls: TLS?
    /// Told when the server stops; handlers that wait should wait for it, too. A copy of the configuration
    /// has the same one: give another server its own.
    public var shutdownSignal = HTTPShutdownSignal()
    /// What the server counts. A copy of the configuration has the same one: give another server its own.
    public var counters = HTTPServerCounters()
    /// Called with the head of each well-formed request, before its body is read, on a thread that must not
    /// be held up. An answer refuses the request and closes the connection. Its body must be bytes. Without it,
    /// the requests of connections beyond the limits are answered 503.
    public var admit: (@Sendable (HTTPRequest, HTTPConnectionClass) -> HTTPResponse?)?
    /// Makes the answers that the server gives by itself: 400, 408, 413, 414, 431, 500, 501, 503. Their
    /// body must be bytes. What is no HTTP at all (no request line, a header line without a colon, a
    /// broken chunk, a header far over the limit) is answered with a short HTML page instead, or by closing
    /// the connection.
    public var errorResponse: @Sendable (_ status: Int, _ detail: String) -> HTTPResponse = {
        .text($0, $1 + "\n")
    }

    /// The defaults, on this host and port.
    public init(host: String = "127.0.0.1", port: UInt16 = 0) {
        self.host = host
        self.port = port
    }
}
