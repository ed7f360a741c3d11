import Foundation

/// A RabbitMQ server of the tests' own, on ports of its own. It ends, and its folder goes, when the process that
/// started it ends in any way.
public final class RabbitServer: Sendable {
    /// The server that the tests of a process share, started when it is first asked for. Each test has queues of
    /// its own by their prefix.
    public static let shared = Result { try RabbitServer() }

    /// Where it listens, on 127.0.0.1.
    public let port: Int
    private let keeper: ServerKeeper

    /// Starts a server and returns once it speaks AMQP.
    public init() throws {
        port = try freePort()
        let folder = serverFolder("rabbit")
        keeper = try ServerKeeper(
            "rabbitmq", Self.script, [folder, "\(port)"],
            environment: [
                "HOME": folder, "RABBITMQ_NODENAME": "longhaul\(port)@localhost",
                "RABBITMQ_MNESIA_BASE": folder, "RABBITMQ_LOG_BASE": folder,
                "RABBITMQ_CONFIG_FILE": folder + "/rabbitmq.conf",
                "RABBITMQ_ENABLED_PLUGINS_FILE": folder + "/plugins",
                "RABBITMQ_DIST_PORT": "\(try freePort())", "ERL_EPMD_PORT": "\(try freePort())",
                "ERL_EPMD_ADDRESS": "127.0.0.1",
            ])
    }

    /// Its address, `amqp://127.0.0.1:PORT`.
    public var url: String { "amqp://127.0.0.1:\(port)" }

    /// The server and its port mapper run in a session of their own, all of which ends at once.
    private static let script = #"""
        set -euo pipefail
        folder=$1
        port=$2
        mkdir -m 700 "$folder"
        printf 'listeners.tcp.1 = 127.0.0.1:%s\nlog.console = false\n' "$port" >"$folder/rabbitmq.conf"
        end() {
            kill -9 -- "-$session" 2>/dev/null || true
            wait "$session" 2>/dev/null || true
            rm -rf "$folder"
        }
        trap '' INT TERM
        setsid bash -c 'epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 & exec /usr/lib/rabbitmq/bin/rabbitmq-server' \
            >"$folder/output" 2>&1 &
        session=$!
        trap end EXIT
        # It answers the greeting of AMQP 0-9-1 with a frame, whose first byte is 1.
        speaks() (
            exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$port" || return 1
            printf 'AMQP\0\0\11\1' >&3
            LC_ALL=C IFS= read -r -t 5 -N 1 -u 3 byte && [[ $byte == $'\1' ]]
        )
        wait_until_it_speaks "$session"
        echo ready
        exec >&-
        cat >/dev/null
        """#
}
