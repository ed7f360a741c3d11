import Foundation
public import LonghaulCore

/// Where a RabbitMQ is, and how to sign in: `amqp://[USER[:PASSWORD]@]HOST[:PORT][/VHOST][?prefix=NAME]`, or
/// `amqps://…` for TLS with the system's authorities.
public struct RabbitAddress: Sendable, Hashable {
    var host: String
    var port: Int
    var isSecure: Bool
    var user = "guest"
    var password = "guest"
    var virtualHost = "/"
    /// What the names of all queues begin with.
    var prefix = "longhaul"

    /// Reads a URL.
    ///
    /// - Throws: `invalid_request` naming what is wrong with it; never with the password.
    public init(_ url: String) throws(LonghaulError) {
        func fault(_ message: String) -> LonghaulError { LonghaulError(.invalidRequest, message) }
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, let host = parts.host,
            scheme == "amqp" || scheme == "amqps", !host.isEmpty
        else { throw fault("expected amqp://HOST or amqps://HOST") }
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
        for item in parts.queryItems ?? [] {
            guard item.name == "prefix", let value = item.value, !value.isEmpty else {
                throw fault("expected ?prefix=NAME after the address of RabbitMQ, got ?\(item.name)")
            }
            prefix = value
        }
    }
}
