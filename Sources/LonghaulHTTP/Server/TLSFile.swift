import CMicroHTTPD
import LonghaulConcurrency

/// A PEM file of a TLS identity, with errors that name it.
struct TLSFile {
    /// The maximum size of a file, in bytes.
    private static let maxBytes = 1 << 20

    let path: String
    /// The content in words, such as `private key`.
    private let role: String
    private let bytes: [UInt8]

    /// Reads a file.
    ///
    /// - Throws: ``HTTPServerError`` with `badCertificate`.
    init(_ path: String, _ role: String) throws(HTTPServerError) {
        self.path = path
        self.role = role
        do {
            bytes = try SmallFile(path, maxBytes: Self.maxBytes).bytes
        } catch {
            throw HTTPServerError(code: .badCertificate, detail: "The \(role) \(path) \(error)")
        }
        if bytes.isEmpty { throw error("is empty") }
    }

    /// An error of this file.
    func error(_ problem: String) -> HTTPServerError {
        HTTPServerError(code: .badCertificate, detail: "The \(role) \(path) \(problem)")
    }

    /// The message of GnuTLS for an error code.
    static func message(_ code: Int32) -> String {
        String(cString: gnutls_strerror(code))
    }

    /// Calls a function of GnuTLS with the content.
    func withDatum<Result>(_ body: (UnsafePointer<gnutls_datum_t>) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { bytes in
            // GnuTLS does not change the bytes.
            var datum = gnutls_datum_t(
                data: UnsafeMutablePointer(mutating: bytes.baseAddress), size: UInt32(bytes.count))
            return body(&datum)
        }
    }

    /// Parses the certificates. Returns the first one, that of the server.
    func firstCertificate() throws(HTTPServerError) -> HTTPCertificate {
        var list: UnsafeMutablePointer<gnutls_x509_crt_t?>?
        var count: UInt32 = 0
        let code = withDatum { gnutls_x509_crt_list_import2(&list, &count, $0, GNUTLS_X509_FMT_PEM, 0) }
        guard code >= 0, let list else {
            throw error("holds no certificate in PEM form: \(Self.message(code))")
        }
        let certificates = UnsafeBufferPointer(start: list, count: Int(count))
        defer {
            for case let certificate? in certificates { gnutls_x509_crt_deinit(certificate) }
            longhaul_gnutls_free(list)
        }
        guard case let first?? = certificates.first else { throw error("holds no certificate in PEM form") }
        return HTTPCertificate(first)
    }

    /// Checks that the file holds certificates.
    func checkCertificates() throws(HTTPServerError) {
        _ = try firstCertificate()
    }

    /// Checks that the file holds a private key without a passphrase.
    func checkKey() throws(HTTPServerError) {
        var key: gnutls_x509_privkey_t?
        guard gnutls_x509_privkey_init(&key) == 0, let key else { throw error("cannot be read: no memory") }
        defer { gnutls_x509_privkey_deinit(key) }
        let code = withDatum { gnutls_x509_privkey_import2(key, $0, GNUTLS_X509_FMT_PEM, nil, 0) }
        if code == GNUTLS_E_DECRYPTION_FAILED {
            throw error("has a passphrase; store the key without one, readable for the server only")
        }
        guard code >= 0 else { throw error("holds no private key in PEM form: \(Self.message(code))") }
    }
}
