import Foundation
public import LonghaulCore

/// The address, the credentials and the settings of a Kafka cluster:
/// `kafka://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]…][?group=NAME&prefix=NAME&…]`.
///
/// `kafkas://…` uses TLS with the trusted authorities of the system or of `ca=FILE`, and with a client certificate from
/// `cert=FILE&key=FILE`.
public struct KafkaAddress: Sendable, Hashable {
    /// The methods of signing in with a user and a password.
    enum Mechanism: String, Sendable, CaseIterable {
        case plain = "PLAIN"
        case scram256 = "SCRAM-SHA-256"
        case scram512 = "SCRAM-SHA-512"
    }

    /// The brokers to begin with, each as `HOST:PORT`.
    var servers: [String] = []
    var user: String?
    var password: String?
    var mechanism: Mechanism?
    /// The consumer group of all servers over one store.
    var group = "longhaul"
    /// The prefix of the names of all topics.
    var prefix = "longhaul"
    /// The name of this server for static membership; nil for dynamic membership.
    var instance: String?
    /// The number of partitions of a topic that Longhaul creates.
    var partitions = 4
    /// The number of replicas of such a topic; nil for the cluster's default.
    var replicas: Int?
    /// The silence after which the group gives the partitions of a server to others, in seconds.
    var sessionSeconds = 10
    var isSecure: Bool
    /// The trusted authorities of TLS; by default Debian's bundle of the system's authorities.
    var authorities = "/etc/ssl/certs/ca-certificates.crt"
    /// The client certificate and its key, in PEM; nil for none.
    var certificate: String?
    var key: String?

    /// Parses a URL.
    ///
    /// - Throws: `invalid_request` naming the part of the URL that is wrong, without the password.
    public init(_ url: String) throws(LonghaulError) {
        guard let colon = url.range(of: "://"), ["kafka", "kafkas"].contains(url[..<colon.lowerBound]) else {
            throw Self.fault("expected kafka://HOST[,HOST…], or kafkas://HOST[,HOST…] for TLS")
        }
        isSecure = url.hasPrefix("kafkas:")
        var rest = url[colon.upperBound...]
        if let mark = rest.firstIndex(of: "?") {
            try read(query: rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let at = rest.lastIndex(of: "@") {
            try read(user: rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        guard !rest.contains("/") else {
            throw Self.fault(
                "the address of Kafka has no path; write /, @, : and ? in a password as %2F, %40, %3A, %3F")
        }
        for (place, text) in rest.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            servers.append(try Self.server(text, place: place + 1))
        }
        guard servers.count <= Self.maxServers else {
            throw Self.fault("the address of Kafka names \(servers.count) hosts; at most \(Self.maxServers)")
        }
        guard mechanism == nil || user != nil else {
            throw Self.fault("mechanism in the address of Kafka requires USER:PASSWORD@ before the host")
        }
        guard (certificate == nil) == (key == nil) else {
            throw Self.fault("the address of Kafka requires both cert=FILE and key=FILE, or neither")
        }
    }

    private static let maxServers = 32

    static func fault(_ message: String) -> LonghaulError { LonghaulError(.invalidRequest, message) }

    private mutating func read(user text: Substring) throws(LonghaulError) {
        guard !text.contains("/"), !text.contains("@") else {
            throw Self.fault("the user or the password of Kafka contains / or @; write them as %2F and %40")
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            .map { String($0).removingPercentEncoding ?? String($0) }
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw Self.fault("expected USER:PASSWORD before the @ of the address of Kafka")
        }
        user = parts[0]
        password = parts[1]
    }

    private static func server(_ text: Substring, place: Int) throws(LonghaulError) -> String {
        // An IPv6 address is enclosed in brackets.
        let end = text.hasPrefix("[") ? text.firstIndex(of: "]") : nil
        let hostEnd = end.map { text.index(after: $0) } ?? text.firstIndex(of: ":") ?? text.endIndex
        let host = text[..<hostEnd]
        let rest = text[hostEnd...]
        guard !host.isEmpty, host != "[]", !host.dropFirst().contains("["), host.allSatisfy(\.isASCII),
            !host.contains(where: \.isWhitespace)
        else {
            throw fault("host \(place) in the address of Kafka is not HOST or HOST:PORT")
        }
        guard !rest.isEmpty else { return host + ":9092" }
        guard rest.hasPrefix(":"), let port = Int(rest.dropFirst()), (1...65_535).contains(port) else {
            throw fault("host \(place) in the address of Kafka has no port from 1 to 65535 after the colon")
        }
        return "\(host):\(port)"
    }
}
