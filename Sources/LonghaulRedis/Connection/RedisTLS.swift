/// How a Redis is spoken to over TLS.
public struct RedisTLS: Sendable, Hashable {
    /// A client's own certificate with its key, both files in PEM.
    struct Identity: Sendable, Hashable {
        var certificate: String
        var key: String
    }

    /// A file with the authorities that are trusted, in PEM; nil for those of the system.
    var authorities: String?
    /// What the client shows of itself; nil for nothing.
    var identity: Identity?
}
