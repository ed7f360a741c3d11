import Synchronization

/// The current TLS identity of a server. A reload replaces it for new connections.
final class TLSIdentities: Sendable {
    private let files: HTTPServerConfiguration.TLS
    private let counters: HTTPServerCounters
    private let latest: Mutex<TLSIdentity>

    /// Loads the identity.
    ///
    /// - Throws: ``HTTPServerError`` with `badCertificate`.
    init(_ files: HTTPServerConfiguration.TLS, _ counters: HTTPServerCounters) throws(HTTPServerError) {
        self.files = files
        self.counters = counters
        let identity = try TLSIdentity(files)
        latest = Mutex(identity)
        counters.use(identity.certificate)
    }

    /// The identity of new connections.
    var current: TLSIdentity { latest.withLock { $0 } }

    /// Reads the files again. If they cannot be used, the current identity remains.
    func reload() throws(HTTPServerError) -> HTTPCertificate {
        let identity = try TLSIdentity(files)
        // The replaced identity is released outside of the lock.
        let replaced = latest.withLock { latest in
            defer { latest = identity }
            return latest
        }
        withExtendedLifetime(replaced) {}
        counters.use(identity.certificate)
        return identity.certificate
    }
}
