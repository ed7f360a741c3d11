import CMicroHTTPD
import Glibc

/// A checked certificate and its key. The object owns the memory.
final class TLSIdentity: @unchecked Sendable {
    /// The PEM texts as C strings, which are never changed.
    let certificate: UnsafeMutablePointer<CChar>
    let key: UnsafeMutablePointer<CChar>

    /// Reads and checks both files.
    ///
    /// - Throws: ``HTTPServerError`` with `badCertificate`, naming the file.
    init(_ files: HTTPServerConfiguration.TLS) throws(HTTPServerError) {
        let certificateText = try Self.read(files.certificatePath, "certificate")
        let keyText = try Self.read(files.keyPath, "private key")
        let code = longhaul_tls_check(
            certificateText, certificateText.count - 1, keyText, keyText.count - 1)
        guard code == 0 else {
            throw HTTPServerError(
                code: .badCertificate,
                detail: "The certificate \(files.certificatePath) and the private key \(files.keyPath) "
                    + "cannot be used together: \(String(cString: gnutls_strerror(code)))")
        }
        certificate = Self.copy(certificateText)
        key = Self.copy(keyText)
    }

    deinit {
        certificate.deallocate()
        key.deallocate()
    }

    private static func copy(_ text: [CChar]) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
        copy.initialize(from: text, count: text.count)
        return copy
    }

    /// The content of the file with a NUL at the end.
    private static func read(_ path: String, _ role: String) throws(HTTPServerError) -> [CChar] {
        guard let file = fopen(path, "re") else {
            throw HTTPServerError(
                code: .badCertificate,
                detail: "Cannot read the \(role) \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var text: [CChar] = []
        var piece = [CChar](repeating: 0, count: 16 * 1024)
        while case let count = fread(&piece, 1, piece.count, file), count > 0, text.count < 1 << 20 {
            text += piece[..<count]
        }
        guard ferror(file) == 0, !text.isEmpty else {
            throw HTTPServerError(code: .badCertificate, detail: "The \(role) \(path) is empty or unreadable")
        }
        return text + [0]
    }
}
