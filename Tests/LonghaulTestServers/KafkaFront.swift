import Foundation

/// A further address of a ``KafkaServer``, with TLS or SASL: `Tests/Kafka/front.py`.
public final class KafkaFront: Sendable {
    /// The port on 127.0.0.1.
    public let port: Int
    private let keeper: ServerKeeper

    /// Starts a front and returns when it accepts connections.
    ///
    /// - Parameters:
    ///   - identity: the files of the certificate and of its key; nil for a front without TLS.
    ///   - authority: the file of the authority of clients' certificates; nil if clients need none.
    ///   - user: the only `USER:PASSWORD`, with the mechanism PLAIN; nil for none.
    ///   - createsTopics: whether clients may create topics.
    public init(
        of server: KafkaServer, identity: (certificate: String, key: String)? = nil, authority: String? = nil,
        user: String? = nil, createsTopics: Bool = true
    ) throws {
        port = try freePort()
        var options: [String] = []
        if let identity { options += ["--certificate", identity.certificate, "--key", identity.key] }
        if let authority { options += ["--authority", authority] }
        if let user { options += ["--user", user] }
        if !createsTopics { options.append("--no-topics") }
        keeper = try ServerKeeper(
            "kafka-front", Self.script,
            [serverFolder("kafka-front"), sourceFolder, "\(port)", "\(server.innerPort)"] + options)
    }

    private static let script = #"""
        set -euo pipefail
        folder=$1
        port=$3
        mkdir -m 700 "$folder"
        end() {
            kill -9 "$front" 2>/dev/null || true
            wait "$front" 2>/dev/null || true
            rm -rf "$folder"
        }
        trap '' INT TERM
        python3 -B "$2/Tests/Kafka/front.py" "${@:3}" >"$folder/output" 2>&1 &
        front=$!
        trap end EXIT
        speaks() {
            (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
        }
        wait_until_it_speaks "$front"
        echo ready
        exec >&-
        cat >/dev/null
        """#
}
