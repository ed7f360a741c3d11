/// The connection settings of an `HTTPClient`.
public struct HTTPClientConfiguration: Sendable, Hashable {
    /// The trusted certificate authorities.
    public enum Trust: Sendable, Hashable {
        /// The authorities of the system.
        case system
        /// The authorities of the system and those in a PEM file.
        case systemAnd(file: String)
        /// Any certificate. The server is not authenticated, so use it in tests only.
        case insecure
    }

    /// The PEM files of a client's TLS identity. The client reads them for each new connection, so that renewed files are
    /// used without a restart.
    public struct Identity: Sendable, Hashable {
        /// The path of the certificate chain, which begins with the certificate of the client.
        public var certificatePath: String
        /// The path of the private key, which has no passphrase.
        public var keyPath: String

        /// Creates an identity of these files.
        public init(certificatePath: String, keyPath: String) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }

    /// The timeout of name resolution, connection and TLS handshake together.
    public var connectTimeout: Duration
    /// The default timeout of a whole request, including the wait for a connection; nil for none.
    public var timeout: Duration?
    /// The maximum number of connections in the pool, including those in use.
    public var maxPooledConnections: Int
    /// The maximum idle time of a reused connection.
    public var idleTimeout: Duration
    /// The maximum number of connections to a host; nil for no limit. Further requests wait. Each open stream uses one
    /// connection.
    public var maxConnectionsPerHost: Int?
    /// The `User-Agent` of requests that set none.
    public var userAgent: String
    /// The trusted certificate authorities.
    public var trust: Trust
    /// The certificate that the client presents to servers that ask for one; nil for none.
    public var identity: Identity?
    /// The Unix socket to which the client connects, whatever the host of the URL; nil to connect to the host.
    public var socketPath: String?

    /// Creates a configuration with the default values.
    public init(
        connectTimeout: Duration = .seconds(5),
        timeout: Duration? = nil,
        maxPooledConnections: Int = 100,
        idleTimeout: Duration = .seconds(60),
        maxConnectionsPerHost: Int? = nil,
        userAgent: String = "longhaul",
        trust: Trust = .system
    ) {
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maxPooledConnections = maxPooledConnections
        self.idleTimeout = idleTimeout
        self.maxConnectionsPerHost = maxConnectionsPerHost
        self.userAgent = userAgent
        self.trust = trust
    }
}
