import Foundation
public import LonghaulCore

/// The address and the credentials of a Redis server.
///
/// `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?prefix=NAME]`, or with sentinels
/// `redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT],HOST[:PORT]…/MASTER[/DATABASE][?prefix=NAME]`.
///
/// `rediss://…` and `rediss+sentinel://…` use TLS. `ca=FILE` then names the trusted authorities, instead of those of
/// the system. `cert=FILE&key=FILE` names the client certificate.
public struct RedisAddress: Sendable, Hashable {
    /// A host and a port.
    struct Endpoint: Sendable, Hashable {
        var host: String
        var port: Int
    }

    var endpoints: [Endpoint] = []
    /// The name of the master in the sentinels; nil without sentinels.
    var master: String?
    var user: String?
    var password: String?
    var database = 0
    /// The prefix of the names of all keys.
    var prefix = "longhaul"
    /// The TLS settings; nil without TLS.
    var tls: RedisTLS?

    /// Parses a URL.
    ///
    /// - Throws: `invalid_request` naming the error in the URL, without the password.
    public init(_ url: String) throws(LonghaulError) {
        func fault(_ message: String) -> LonghaulError { LonghaulError(.invalidRequest, message) }
        guard let colon = url.range(of: "://"), let scheme = Self.schemes[String(url[..<colon.lowerBound])]
        else {
            throw fault(
                "expected redis://HOST or redis+sentinel://HOST,HOST/MASTER, or rediss for redis to use TLS")
        }
        let (hasSentinels, isSecure) = scheme
        if isSecure { tls = RedisTLS() }
        var rest = url[colon.upperBound...]
        if let mark = rest.firstIndex(of: "?") {
            try read(query: rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let at = rest.lastIndex(of: "@") {
            // A raw / or ? would move a part of the password into a place that messages show.
            guard !rest[..<at].contains("/") else {
                throw fault("the user or the password of Redis contains /; write it as %2F")
            }
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let texts = parts.map { String($0).removingPercentEncoding ?? String($0) }
            user = texts[0].isEmpty ? nil : texts[0]
            password = texts.count > 1 ? texts[1] : nil
            rest = rest[rest.index(after: at)...]
        }
        var path = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let hosts = path.removeFirst()
        let defaultPort = hasSentinels ? 26_379 : 6379
        for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
            guard let endpoint = Self.endpoint(String(host), defaultPort: defaultPort) else {
                throw fault(
                    "expected HOST or HOST:PORT for Redis; write @, :, / and ? in a password as %40, %3A, %2F, %3F"
                )
            }
            endpoints.append(endpoint)
        }
        if hasSentinels {
            guard let name = path.first, !name.isEmpty else {
                throw fault(
                    "expected the master's name after the sentinels: redis+sentinel://HOST,HOST/MASTER")
            }
            master = name
            path.removeFirst()
        } else if endpoints.count > 1 {
            throw fault("several hosts need redis+sentinel://")
        }
        guard let number = path.first, !number.isEmpty else { return }
        guard path.count == 1, let value = Int(number), value >= 0 else {
            throw fault("expected the number of a Redis database after the host, such as /0")
        }
        database = value
    }

    /// Whether a scheme uses sentinels, and whether it uses TLS.
    private static let schemes = [
        "redis": (false, false), "rediss": (false, true), "redis+sentinel": (true, false),
        "rediss+sentinel": (true, true),
    ]

    private mutating func read(query: Substring) throws(LonghaulError) {
        var certificate: String?
        var key: String?
        for item in query.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1]).removingPercentEncoding ?? "" : ""
            guard !value.isEmpty else {
                throw LonghaulError(
                    .invalidRequest,
                    "expected NAME=VALUE after the ? of the address of Redis; write ? in a password as %3F")
            }
            switch parts[0] {
            case "prefix": prefix = value
            case "ca" where tls != nil: tls?.authorities = value
            case "cert" where tls != nil: certificate = value
            case "key" where tls != nil: key = value
            default:
                throw LonghaulError(
                    .invalidRequest,
                    "the address of Redis accepts the options prefix and, with rediss://, ca, cert and key"
                )
            }
        }
        switch (certificate, key) {
        case (let certificate?, let key?):
            tls?.identity = RedisTLS.Identity(certificate: certificate, key: key)
        case (nil, nil): break
        default:
            throw LonghaulError(
                .invalidRequest, "the address of Redis requires both cert=FILE and key=FILE, or neither")
        }
    }

    private static func endpoint(_ text: String, defaultPort: Int) -> Endpoint? {
        // An IPv6 address is enclosed in brackets.
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard !rest.isEmpty else { return Endpoint(host: host, port: defaultPort) }
            return port(rest.dropFirst()).map { Endpoint(host: host, port: $0) }
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, !host.isEmpty, parts.count <= 2, !host.contains("@") else { return nil }
        guard parts.count == 2 else { return Endpoint(host: String(host), port: defaultPort) }
        return port(parts[1]).map { Endpoint(host: String(host), port: $0) }
    }

    private static func port(_ text: Substring) -> Int? {
        Int(text).flatMap { (1...65_535).contains($0) ? $0 : nil }
    }

    /// Connects to the server, or to the master that a sentinel names, and signs in.
    ///
    /// - Throws: `unavailable`.
    func connect() throws(LonghaulError) -> RedisConnection {
        let connection = try open()
        if let password {
            _ = try RedisConnection.good(
                try connection.run([["AUTH"] + (user.map { [$0] } ?? []) + [password]])[0], "AUTH")
        }
        if database > 0 { try connection.run("SELECT", "\(database)") }
        guard try connection.run("ROLE").list.first?.text == "master" else {
            throw LonghaulError(
                .unavailable, "the Redis server is not the master", retryAfterSeconds: 1)
        }
        return connection
    }

    private func open() throws(LonghaulError) -> RedisConnection {
        guard let master else {
            return try RedisConnection(host: endpoints[0].host, port: endpoints[0].port, tls: tls)
        }
        let unknown = LonghaulError(
            .unavailable, "no sentinel knows the master \(master)", retryAfterSeconds: 1)
        var fault = unknown
        for endpoint in endpoints {
            do {
                let sentinel = try RedisConnection(host: endpoint.host, port: endpoint.port, tls: tls)
                let place = try sentinel.run("SENTINEL", "get-master-addr-by-name", master).list
                guard place.count == 2, let host = place[0].text,
                    let port = place[1].text.flatMap({ Int($0) })
                else {
                    fault = unknown
                    continue
                }
                return try RedisConnection(host: host, port: port, tls: tls)
            } catch {
                fault = error
            }
        }
        throw fault
    }
}
