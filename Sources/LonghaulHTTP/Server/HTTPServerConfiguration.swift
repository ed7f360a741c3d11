/// The address and the limits of a server.
public struct HTTPServerConfiguration: Sendable {
    /// The PEM files of a server's TLS identity.
    public struct TLS: Sendable, Hashable {
        /// The path of the certificate chain, which begins with the certificate of the server.
        public var certificatePath: String
        /// The path of the private key.
        public var keyPath: String
        /// The path of the certificates of the authorities that issue client certificates. If it is set, the server accepts
        /// only connections of clients with a valid certificate of one of them.
        public var clientAuthorityPath: String?

        /// Creates an identity of these files.
        public init(certificatePath: String, keyPath: String, clientAuthorityPath: String? = nil) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
            self.clientAuthorityPath = clientAuthorityPath
        }

        /// The paths of all files.
        public var paths: [String] { [certificatePath, keyPath] + (clientAuthorityPath.map { [$0] } ?? []) }
    }

    /// The addresses to listen on, at least one.
    public var endpoints: [HTTPEndpoint]
    /// Whether to refuse to listen if any address of a host is not a loopback address. Unix sockets are always local.
    public var loopbackOnly = false
    /// The number of threads that receive and send, for each endpoint.
    public var threads = 2
    /// The maximum number of connections. A new connection beyond it replaces an idle one. If none is idle, up to one eighth
    /// plus 72 more are accepted for the requests that ``admit`` accepts, and the others are closed at once.
    public var maxConnections = 4_096
    /// The maximum number of connections from one address, with the same rules.
    public var maxConnectionsPerAddress = 3_072
    /// The maximum size of all request bodies in memory, in bytes. A quarter of it is reserved for bodies of up to 64 KiB. The
    /// server answers 503 to a body that does not fit.
    public var maxBodyMemoryBytes = 128 * 1024 * 1024
    /// The maximum size of all answers over 64 KiB in memory, in bytes. A quarter of it is reserved for methods other than
    /// GET and HEAD; the server replaces answers to GET and HEAD that do not fit by 503. It sends answers to other methods
    /// even above the maximum: ``admit`` should refuse such requests while ``HTTPServerCounters/answerBytes`` is at the
    /// maximum. Streams and files do not count.
    public var maxAnswerMemoryBytes = 64 * 1024 * 1024
    /// The minimum rate of a body and of a large answer, in bytes per second; 0 for none. A client may fall behind it for
    /// ``bodyTimeout`` or ``writeTimeout``. A faster transfer extends this time to at most one timeout.
    public var minBytesPerSecond = 500
    /// The maximum size of a request line with its header fields, in bytes. The answer to a longer one is 431. Requests over
    /// twice this size are refused before they are parsed, with a short HTML page.
    public var maxHeaderBytes = 32 * 1024
    /// The maximum size of a request target, in bytes. The answer to a longer one is 414.
    public var maxTargetBytes = 8 * 1024
    /// Returns the maximum size of a request's body, in bytes. The answer to a longer one is 413, and the connection closes.
    /// The server calls it before the body has arrived (``HTTPRequest/body`` is empty), on a thread that must not be
    /// blocked. The default is 64 MiB.
    public var maxBodyBytes: @Sendable (HTTPRequest) -> Int = { _ in 64 * 1024 * 1024 }
    /// The maximum time that a connection stays open without a request.
    public var idleTimeout: Duration = .seconds(60)
    /// The timeout of a request's header. Then the answer is 408, or the connection closes if the request line is incomplete.
    public var headerTimeout: Duration = .seconds(20)
    /// The maximum time that a body may pause, or fall behind ``minBytesPerSecond``. Then the answer is 408.
    public var bodyTimeout: Duration = .seconds(20)
    /// The timeout of the rest of a body while the server stops.
    public var stopTimeout: Duration = .seconds(5)
    /// The maximum time that a client may read nothing of an answer, or read a large one more slowly than
    /// ``minBytesPerSecond``, in whole seconds.
    public var writeTimeout: Duration = .seconds(60)
    /// The TLS identity; nil for plain HTTP. Unix sockets never use TLS.
    public var tls: TLS?
    /// The signal at the start of the shutdown, for handlers that wait. Copies of the configuration share it: set a new one for
    /// another server.
    public var shutdownSignal = HTTPShutdownSignal()
    /// The counters of the server. Copies of the configuration share them: set new ones for another server.
    public var counters = HTTPServerCounters()
    /// Decides from the head of each well-formed request whether to serve it, on a thread that must not be blocked. A returned
    /// answer refuses the request and closes the connection. Its body must be bytes. If nil, the server answers 503 to
    /// requests of connections beyond the limits.
    public var admit: (@Sendable (HTTPRequest, HTTPConnectionClass) -> HTTPResponse?)?
    /// Creates the answers of the server itself: 400, 408, 413, 414, 431, 500, 501, 503. Their body must be bytes. If the
    /// request is not HTTP (no request line, a header line without a colon, a broken chunk, a header far over the limit), the
    /// server sends a short HTML page instead, or closes the connection.
    public var errorResponse: @Sendable (_ status: Int, _ detail: String) -> HTTPResponse = {
        .text($0, $1 + "\n")
    }

    /// Creates a configuration with the defaults, for one host and port.
    public init(host: String = "127.0.0.1", port: UInt16 = 0) {
        self.init(endpoints: [.tcp(host: host, port: port)])
    }

    /// Creates a configuration with the defaults, for these addresses.
    public init(endpoints: [HTTPEndpoint]) {
        self.endpoints = endpoints
    }
}
