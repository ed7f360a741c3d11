import CMicroHTTPD
import LonghaulPlatform

/// A checked certificate with its key, and the authorities of client certificates, for the connections that start with it.
/// It never changes. The object owns the memory.
final class TLSIdentity: @unchecked Sendable {
    /// The certificate of the server.
    let certificate: HTTPCertificate
    private let credentials: gnutls_certificate_credentials_t
    private let verifiesClients: Bool

    /// Reads and checks the files.
    ///
    /// - Throws: ``HTTPServerError`` with `badCertificate`, naming the file.
    init(_ files: HTTPServerConfiguration.TLS) throws(HTTPServerError) {
        let certificate = try TLSFile(files.certificatePath, "certificate")
        let key = try TLSFile(files.keyPath, "private key")
        let authorities: TLSFile? =
            if let path = files.clientAuthorityPath { try TLSFile(path, "client CA") } else { nil }
        self.certificate = try certificate.firstCertificate()
        try Self.checkValidity(self.certificate, of: certificate)
        try key.checkKey()
        try authorities?.checkCertificates()
        var credentials: gnutls_certificate_credentials_t?
        guard gnutls_certificate_allocate_credentials(&credentials) == 0, let credentials else {
            throw HTTPServerError(code: .system, detail: "Cannot start TLS: there is no memory left")
        }
        self.credentials = credentials
        verifiesClients = authorities != nil
        try use(certificate, key, authorities)
    }

    deinit {
        gnutls_certificate_free_credentials(credentials)
    }

    /// Gives a connection the identity before its handshake. The identity must outlive the connection.
    ///
    /// - Returns: whether the connection can continue.
    func use(in connection: OpaquePointer) -> Bool {
        longhaul_tls_use(connection, credentials, verifiesClients ? 1 : 0) == 0
    }

    /// Whether the identity accepts a request on a connection. The handshake has already refused clients without a valid
    /// certificate, so this only guards against a handshake that did not verify.
    func accepts(_ connection: OpaquePointer) -> Bool {
        !verifiesClients || longhaul_tls_has_client_certificate(connection) != 0
    }

    private func use(
        _ certificate: TLSFile, _ key: TLSFile, _ authorities: TLSFile?
    ) throws(HTTPServerError) {
        let code = certificate.withDatum { certificate in
            key.withDatum { key in
                gnutls_certificate_set_x509_key_mem(credentials, certificate, key, GNUTLS_X509_FMT_PEM)
            }
        }
        guard code >= 0 else {
            let reason =
                code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH
                ? "do not belong together" : "cannot be used together: \(TLSFile.message(code))"
            throw HTTPServerError(
                code: .badCertificate,
                detail: "The certificate \(certificate.path) and the private key \(key.path) \(reason)")
        }
        guard let authorities else { return }
        let count = authorities.withDatum {
            gnutls_certificate_set_x509_trust_mem(credentials, $0, GNUTLS_X509_FMT_PEM)
        }
        guard count > 0 else { throw authorities.error("cannot be used: \(TLSFile.message(count))") }
    }

    private static func checkValidity(
        _ certificate: HTTPCertificate, of file: TLSFile
    ) throws(HTTPServerError) {
        let now = time(nil)
        guard certificate.validUntil >= now else {
            throw file.error("expired at \(HTTPCertificate.text(certificate.validUntil))")
        }
        guard certificate.validFrom <= now else {
            throw file.error("is not valid before \(HTTPCertificate.text(certificate.validFrom))")
        }
    }
}
