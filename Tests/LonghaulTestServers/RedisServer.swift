import Foundation
import Synchronization

/// A Redis server of the tests' own, on a port of its own, that keeps nothing on its disk. It ends, and its folder
/// goes, when the process that started it ends in any way.
public final class RedisServer: Sendable {
    /// The server that the tests of a process share, started when it is first asked for. Each test has keys of its
    /// own by their prefix.
    public static let shared = Result { try RedisServer() }

    /// Where it listens, on 127.0.0.1.
    public let port: Int
    private let folder = serverFolder("redis")
    private let keeper: Mutex<ServerKeeper>

    /// Starts a server and returns once it answers.
    public init() throws {
        port = try freePort()
        keeper = Mutex(try Self.start(port, folder))
    }

    /// Its address, `redis://127.0.0.1:PORT`.
    public var url: String { "redis://127.0.0.1:\(port)" }

    /// Ends the server at once, with all that it held.
    public func kill() {
        keeper.withLock { $0.end() }
    }

    /// Starts the server again, empty.
    public func restart() throws {
        try keeper.withLock { keeper in
            keeper.end()
            keeper = try Self.start(port, folder)
        }
    }

    /// Runs a command of the server's own client, and answers what it prints.
    @discardableResult
    public func command(_ words: String...) throws -> String {
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        client.arguments = ["-p", "\(port)"] + words
        let pipe = Pipe()
        client.standardOutput = pipe
        client.standardError = FileHandle.nullDevice
        try client.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        client.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func start(_ port: Int, _ folder: String) throws -> ServerKeeper {
        try ServerKeeper("redis", script, [folder, "\(port)"])
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
        redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$folder" \
            --logfile "$folder/log" >/dev/null &
        server=$!
        trap end EXIT
        until [[ $(redis-cli -p "$port" ping 2>/dev/null) == PONG ]]; do
            kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
            sleep 0.02
        done
        echo ready
        exec >&-
        cat >/dev/null
        """#
}
