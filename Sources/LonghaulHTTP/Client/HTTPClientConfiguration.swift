/// How an ``HTTPClient`` connects; the same for all its requests.
public struct HTTPClientConfiguration: Sendable, Hashable {
    /// Whose certificates an `https` server may show.
    public enum Trust: Sendable, Hashable {
        /// Those of the system's certificate authorities.
        case system
        /// Those of the system's authorities, and of the ones in this PEM file.
        case systemAnd(file: String)
        /// Anybody's: the connection is encrypted, but may be with an impostor. For tests only.
        case insecure
    }

    /// How long resolving, connecting and the TLS handshake may take together.
    public var connectTimeout: Duration
    /// How long a whole request may take, waiting for a connection included, if it does not say; nil: for ever.
    public var timeout: Duration?
    /// How many connections are kept open for the next request, those in use counted.
    public var connectionsKept: Int
    /// How long a connection may lie idle and still be used again.
    public var idleTimeout: Duration
    /// How many connections one host gets at most; further requests wait for one. Nil: no limit. Each open
    /// stream holds one for as long as it lasts.
    public var maxConnectionsPerHost: Int?
    /// The `User-Agent` of requests that have none of their own.
    public var userAgent: String
    /// Whose certificates are accepted.
    public var trust: Trust

    /// A configuration with the usual values.
    public init(
        connectTimeout: Duration = .seconds(5),
        timeout: Duration? = nil,
        connectionsKept: Int = 100,
        idleTimeout: Duration = .seconds(60),
        maxConnectionsPerHost: Int? = nil,
        userAgent: String = "longhaul",
        trust: Trust = .system
    ) {
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.connectionsKept = connectionsKept
        self.idleTimeout = idleTimeout
        self.maxConnectionsPerHost = maxConnectionsPerHost
        self.userAgent = userAgent
        self.trust = trust
    }
}
