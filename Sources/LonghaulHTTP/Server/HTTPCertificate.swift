import CMicroHTTPD
import LonghaulPlatform

/// The certificate that a server presents.
public struct HTTPCertificate: Sendable, Hashable, CustomStringConvertible {
    /// The distinguished name of the subject, such as `CN=api.example.com`; empty if there is none.
    public let subject: String
    /// The start of its validity, in seconds since 1970.
    public let validFrom: Int
    /// The end of its validity, in seconds since 1970.
    public let validUntil: Int

    /// The subject and the end of the validity.
    public var description: String {
        "\(subject.isEmpty ? "certificate without a subject" : subject), valid until \(Self.text(validUntil))"
    }

    /// A moment in UTC, such as `2026-11-24T09:15:00Z`.
    static func text(_ seconds: Int) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension HTTPCertificate {
    /// The fields of a certificate.
    init(_ certificate: gnutls_x509_crt_t) {
        validFrom = gnutls_x509_crt_get_activation_time(certificate)
        validUntil = gnutls_x509_crt_get_expiration_time(certificate)
        var name = gnutls_datum_t()
        guard gnutls_x509_crt_get_dn3(certificate, &name, 0) == 0, let text = name.data else {
            subject = ""
            return
        }
        subject = String(decoding: UnsafeBufferPointer(start: text, count: Int(name.size)), as: UTF8.self)
        longhaul_gnutls_free(text)
    }
}
