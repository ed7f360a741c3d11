/// The TLS settings of a Redis connection.
public struct RedisTLS: Sendable, Hashable {
    /// A client certificate and its key, both files in PEM.
    struct Identity: Sendable, Hashable {
        var certificate: String
        var key: String
    }

    /// A file with the trusted authorities, in PEM; nil for those of the system.
    var authorities: String?
    /// The client certificate; nil for none.
    var identity: Identity?
}
