import Foundation

/// A Redis Sentinel for tests that watches one Redis server as the master `main`. It ends with the process that started
/// it.
public final class RedisSentinel: Sendable {
    /// The port on 127.0.0.1.
    public let port: Int
    private let keeper: ServerKeeper

    /// Starts a sentinel and returns when it knows the master.
    public init(watching server: RedisServer) throws {
        port = try freePort()
        keeper = try ServerKeeper(
            "sentinel", Self.script, [serverFolder("sentinel"), "\(port)", "\(server.port)"])
    }

    private static let script = #"""
        set -euo pipefail
        folder=$1
        port=$2
        mkdir -m 700 "$folder"
        end() {
            kill -9 "$server" 2>/dev/null || true
            wait "$server" 2>/dev/null || true
            rm -rf "$folder"
        }
        trap '' INT TERM
        printf '%s\n' "port $port" 'bind 127.0.0.1' "dir $folder" "sentinel monitor main 127.0.0.1 $3 1" \
            >"$folder/sentinel.conf"
        redis-server "$folder/sentinel.conf" --sentinel --logfile "$folder/log" >/dev/null &
        server=$!
        trap end EXIT
        master=$3
        speaks() {
            [[ $(timeout 5 redis-cli -p "$port" sentinel get-master-addr-by-name main 2>/dev/null) == *$master* ]]
        }
        wait_until_it_speaks "$server"
        echo ready
        exec >&-
        cat >/dev/null
        """#
}
