import LonghaulCore
import LonghaulHTTP

/// The cookie of a session of the dashboard.
///
/// Its value is an API key and the end of the session, sealed with a secret of the store. So every server over the store
/// accepts it, also after a restart, and a session ends together with its key. A reader of the store can make no session,
/// because the store has no key in clear text.
enum SessionCookie {
    /// The name of the cookie.
    static let name = "longhaul_session"
    /// The maximum length of a session, in seconds.
    static let maxSeconds = 12 * 3600.0

    /// The value of a new session.
    static func seal(_ key: String, until end: Timestamp, secret: [UInt8]) -> String {
        SHA256.hexadecimal(SealedBox.seal(Array("\(end.milliseconds).\(key)".utf8), key: secret))
    }

    /// The API key of a session; nil if the session has ended or was sealed with another secret.
    static func open(_ value: String, at now: Timestamp, secret: [UInt8]) -> String? {
        guard let box = bytes(ofHexadecimal: value), let content = SealedBox.open(box, key: secret) else {
            return nil
        }
        let parts = String(decoding: content, as: UTF8.self).split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let end = Int64(parts[0]), end > now.milliseconds else { return nil }
        return String(parts[1])
    }

    /// The value of the cookie in a request; nil if there is none.
    static func value(in request: HTTPRequest) -> String? {
        for field in request.headers.values("Cookie") {
            // By scalars: a combining mark in the cookie of another site does not hide a separator.
            for pair in field.unicodeScalars.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, String(parts[0].drop { $0 == " " }) == name else { continue }
                return String(parts[1])
            }
        }
        return nil
    }

    /// The field `Set-Cookie` of a session.
    static func field(_ value: String, seconds: Double, isSecure: Bool) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(Int(seconds)); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    /// The field `Set-Cookie` that ends a session.
    static func removal(isSecure: Bool) -> String { field("", seconds: 0, isSecure: isSecure) }

    private static func bytes(ofHexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2), digits.count <= 1024 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digit(digits[index]), let low = digit(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 97...102: byte - 87
        default: nil
        }
    }
}
