/// An address on which a server listens.
public enum HTTPEndpoint: Sendable, Hashable {
    /// A host, as a numeric address or a name of this machine, and a port. Port 0 picks a free one.
    case tcp(host: String, port: UInt16)
    /// A Unix socket with the permissions of its file. It never uses TLS. The file must not exist, unless a server that has
    /// ended left it there; the server removes it when it stops.
    case unix(path: String, mode: UInt32 = 0o660)
}
