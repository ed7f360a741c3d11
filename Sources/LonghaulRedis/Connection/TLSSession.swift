import COpenSSL
import LonghaulCore

/// TLS 1.2 or later over a connected, blocking socket, with OpenSSL. Checks the server's certificate against the trusted
/// authorities and the host name. Used by one thread.
final class TLSSession {
    /// Created once and never changed.
    private nonisolated(unsafe) static let sockets = longhaul_tls_quiet_sockets()

    private let session: OpaquePointer

    /// Performs the handshake.
    ///
    /// - Parameter descriptor: the socket; the caller closes it.
    /// - Throws: `unavailable`, naming the file or the problem with the server's certificate.
    init(over descriptor: Int32, host: String, _ settings: RedisTLS) throws(LonghaulError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw Self.fault("cannot set up TLS") }
        // The session retains its context.
        defer { SSL_CTX_free(context) }
        try Self.configure(context, settings)
        guard let session = SSL_new(context) else { throw Self.fault("cannot set up TLS") }
        self.session = session
        try Self.expect(host, session)
        guard longhaul_tls_use(session, Self.sockets, descriptor) == 1 else {
            throw Self.fault("cannot use TLS on the socket")
        }
        guard SSL_connect(session) == 1 else { throw Self.handshakeFault(session) }
    }

    deinit {
        // No close notification: closing a connection must not wait for the peer.
        SSL_free(session)
    }

    /// Reads bytes, and waits for them if needed. Returns their number; 0 or less at the end, after an error, or when the
    /// socket times out.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        Int(SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count)))
    }

    /// Writes at least one of the bytes. Returns their number; 0 or less after an error.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        Int(SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count)))
    }

    // MARK: Preparing

    private static func configure(_ context: OpaquePointer, _ settings: RedisTLS) throws(LonghaulError) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        guard longhaul_tls_refuse_old(context) == 1 else { throw fault("cannot set up TLS") }
        if let file = settings.authorities {
            guard SSL_CTX_load_verify_locations(context, file, nil) == 1 else {
                throw fault("the authorities in \(file) cannot be read")
            }
        } else {
            guard SSL_CTX_set_default_verify_paths(context) == 1 else {
                throw fault("the system's authorities cannot be read")
            }
        }
        guard let identity = settings.identity else { return }
        guard SSL_CTX_use_certificate_chain_file(context, identity.certificate) == 1 else {
            throw fault("the certificate in \(identity.certificate) cannot be read")
        }
        guard SSL_CTX_use_PrivateKey_file(context, identity.key, SSL_FILETYPE_PEM) == 1 else {
            throw fault("the key in \(identity.key) cannot be read, or does not belong to the certificate")
        }
    }

    /// Requires that the certificate names this host or address.
    private static func expect(_ host: String, _ session: OpaquePointer) throws(LonghaulError) {
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1 { return }
        ERR_clear_error()
        guard SSL_set1_host(session, host) == 1, longhaul_tls_name_server(session, host) == 1 else {
            throw fault("\(host) is not a valid host name")
        }
    }

    // MARK: Errors

    private static func handshakeFault(_ session: OpaquePointer) -> LonghaulError {
        let verdict = SSL_get_verify_result(session)
        guard verdict != Int(X509_V_OK) else { return fault("the TLS handshake failed") }
        let reason = String(cString: X509_verify_cert_error_string(verdict))
        return LonghaulError(
            .unavailable, "the certificate of Redis is not accepted: \(reason)", retryAfterSeconds: 1)
    }

    /// An error with OpenSSL's reason.
    private static func fault(_ what: String) -> LonghaulError {
        let code = ERR_peek_last_error()
        let reason = ERR_reason_error_string(code).map { ": " + String(cString: $0) } ?? ""
        return LonghaulError(.unavailable, "Redis: \(what)\(reason)", retryAfterSeconds: 1)
    }
}
