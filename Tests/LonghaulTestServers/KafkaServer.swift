import Foundation

/// A broker that speaks Kafka's protocol, for tests: Tansu, on its own port and in memory. It ends with the process that
/// started it.
///
/// `Tests/Kafka/front.py` stands between it and its clients, see ``KafkaFront``. Tansu counts the batches of a partition, not
/// its messages, when it reports the partition's end.
public final class KafkaServer: Sendable {
    /// The server that the tests of a process share. The first use starts it. Each test has topics and a group of its own,
    /// by their names.
    public static let shared = Result { try KafkaServer() }

    /// The port on 127.0.0.1.
    public let port: Int
    /// The port of Tansu itself.
    let innerPort: Int
    private let folder = serverFolder("kafka")
    private let keeper: ServerKeeper

    /// Starts a server and returns when it accepts connections.
    public init() throws {
        port = try freePort()
        innerPort = try freePort()
        keeper = try ServerKeeper("kafka", Self.script, [folder, "\(port)", "\(innerPort)", sourceFolder])
    }

    /// Sends a signal to Tansu, for example SIGSTOP: it then accepts connections, and answers nothing.
    public func signal(_ number: Int32) throws {
        let text = try String(contentsOfFile: folder + "/pid", encoding: .utf8)
        guard let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            kill(process, number) == 0
        else {
            throw ServerFailure(description: "Tansu has ended")
        }
    }

    /// The address of the broker: `kafka://127.0.0.1:PORT`.
    public var url: String { "kafka://127.0.0.1:\(port)" }

    /// The options of a queue of its own. Tansu answers a new member of a group after half of the session timeout.
    public func url(name: String) -> String { url + "?group=\(name)&prefix=\(name)&partitions=2&session=6" }

    private static let script = #"""
        set -euo pipefail
        folder=$1
        port=$2
        inner=$3
        tansu=$("$4/scripts/kafka.sh")
        mkdir -m 700 "$folder"
        end() {
            kill -9 "$broker" "$proxy" 2>/dev/null || true
            wait "$broker" "$proxy" 2>/dev/null || true
            rm -rf "$folder"
        }
        trap '' INT TERM
        "$tansu" broker --silent --listener-url "tcp://127.0.0.1:$inner" \
            --advertised-listener-url "tcp://127.0.0.1:$inner" --storage-engine memory://tansu/ >"$folder/log" 2>&1 &
        broker=$!
        echo "$broker" >"$folder/pid"
        python3 "$4/Tests/Kafka/front.py" "$port" "$inner" >"$folder/output" 2>&1 &
        proxy=$!
        trap end EXIT
        speaks() {
            (exec 3<>"/dev/tcp/127.0.0.1/$inner") 2>/dev/null && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
        }
        wait_until_it_speaks "$broker"
        echo ready
        exec >&-
        cat >/dev/null
        """#
}

/// The folder of the package.
let sourceFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
