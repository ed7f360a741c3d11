import Foundation
public import LonghaulCore

/// The address and the credentials of a RabbitMQ server: `amqp://[USER[:PASSWORD]@]HOST[:PORT][/VHOST][?prefix=NAME]`.
/// `amqps://…` uses TLS with the trusted authorities of the system or of `?ca=FILE`, and with a client certificate from
/// `&cert=FILE&key=FILE`.
public struct RabbitAddress: Sendable, Hashable {
    var host: String
    var port: Int
    var isSecure: Bool
    var user = "guest"
    var password = "guest"
    var virtualHost = "/"
    /// The prefix of the names of all queues.
    var prefix = "longhaul"
    /// The trusted authorities of TLS; by default Debian's bundle of the system's authorities.
    var authorities = "/etc/ssl/certs/ca-certificates.crt"
    /// The client certificate and its key, in PEM; nil for none.
    var certificate: String?
    var key: String?

    /// Parses a URL.
    ///
    /// - Throws: `invalid_request` naming the error in the URL, without the password.
    public init(_ url: String) throws(LonghaulError) {
        func fault(_ message: String) -> LonghaulError { LonghaulError(.invalidRequest, message) }
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, let host = parts.host,
            scheme == "amqp" || scheme == "amqps", !host.isEmpty
        else {
            throw fault(
                "expected amqp://HOST or amqps://HOST; write @, :, / and ? in a password as %40, %3A, %2F, %3F"
            )
        }
        let authority = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        guard authority.count(where: { $0 == "@" }) <= 1, !parts.percentEncodedPath.contains("@") else {
            throw fault("the user or the password of RabbitMQ contains @ or /; write them as %40 and %2F")
        }
        self.host = host
        isSecure = scheme == "amqps"
        port = parts.port ?? (isSecure ? 5671 : 5672)
        guard (1...65_535).contains(port) else { throw fault("expected a port from 1 to 65535 for RabbitMQ") }
        if let user = parts.user { self.user = user }
        if let password = parts.password { self.password = password }
        let path = parts.percentEncodedPath
        if path.count > 1 {
            guard !path.dropFirst().contains("/") else {
                throw fault(
                    "expected one virtual host after the address of RabbitMQ; write a / in its name as %2F")
            }
            virtualHost = String(path.dropFirst()).removingPercentEncoding ?? String(path.dropFirst())
        }
        for item in parts.queryItems ?? [] { try read(item) }
        guard (certificate == nil) == (key == nil) else {
            throw fault("a client's certificate for RabbitMQ needs both cert=FILE and key=FILE")
        }
    }

    private mutating func read(_ item: URLQueryItem) throws(LonghaulError) {
        let value = item.value ?? ""
        switch (item.name, isSecure) {
        case _ where value.isEmpty: break
        case ("prefix", _): return prefix = value
        case ("ca", true): return authorities = value
        case ("cert", true): return certificate = value
        case ("key", true): return key = value
        default: break
        }
        let files = isSecure ? ", ca=FILE, or cert=FILE and key=FILE" : ""
        throw LonghaulError(
            .invalidRequest, "expected prefix=NAME\(files) after the ? of the address of RabbitMQ")
    }
}
