import Foundation
import Synchronization

/// A Redis server for tests, on its own port and without persistence. The server and its folder end with the process
/// that started it.
public final class RedisServer: Sendable {
    /// The server that the tests of a process share. The first use starts it. Each test has keys of its own, by their
    /// prefix.
    public static let shared = Result { try RedisServer() }

    /// The port on 127.0.0.1. With TLS, the server also listens on 127.0.0.2, which its certificate does not name.
    public let port: Int
    private let isSecure: Bool
    private let password: String?
    private let folder = serverFolder("redis")
    private let keeper: Mutex<ServerKeeper>

    /// Starts a server and returns when it answers.
    ///
    /// - Parameters:
    ///   - isSecure: whether it accepts only TLS connections, with a self-signed certificate.
    ///   - password: the password of every client; nil for none.
    public init(isSecure: Bool = false, password: String? = nil) throws {
        port = try freePort()
        self.isSecure = isSecure
        self.password = password
        keeper = Mutex(try Self.start(port, folder, isSecure, password))
    }

    /// The URL, `redis://127.0.0.1:PORT`; with TLS `rediss://127.0.0.1:PORT`, with a certificate of an unknown
    /// authority.
    public var url: String { "redis\(isSecure ? "s" : "")://127.0.0.1:\(port)" }
    /// With TLS, the file of its certificate, which is also that of the authority. Clients may use it as well.
    public var certificate: String { folder + "/certificate.pem" }
    /// The key of the certificate.
    public var key: String { folder + "/key.pem" }

    /// Kills the server. All its data is lost.
    public func kill() {
        keeper.withLock { $0.end() }
    }

    /// Starts the server again, empty.
    public func restart() throws {
        try keeper.withLock { keeper in
            keeper.end()
            keeper = try Self.start(port, folder, isSecure, password)
        }
    }

    /// Runs a command with `redis-cli`. Returns the output.
    @discardableResult
    public func command(_ words: String...) throws -> String {
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        let secure = isSecure ? ["--tls", "--cacert", certificate, "--cert", certificate, "--key", key] : []
        let signingIn = password.map { ["--no-auth-warning", "-a", $0] } ?? []
        client.arguments = ["-p", "\(port)"] + signingIn + secure + words
        let output = try ChildPipe()
        client.standardOutput = output.writing
        client.standardError = FileHandle.nullDevice
        try client.run(passing: output.writing)
        let data = output.reading.readDataToEndOfFile()
        client.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func start(
        _ port: Int, _ folder: String, _ isSecure: Bool, _ password: String?
    ) throws -> ServerKeeper {
        try ServerKeeper("redis", script, [folder, "\(port)", isSecure ? "secure" : "open", password ?? ""])
    }

    private static let script = #"""
        set -euo pipefail
        folder=$1
        port=$2
        mkdir -m 700 "$folder"
        listen=(--port "$port" --bind 127.0.0.1)
        client=(-p "$port")
        if [[ $3 == secure ]]; then
            certificate=$folder/certificate.pem
            key=$folder/key.pem
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=redis \
                -addext subjectAltName=IP:127.0.0.1,DNS:localhost -out "$certificate" -keyout "$key" 2>/dev/null
            listen=(--port 0 --tls-port "$port" --bind 127.0.0.1 127.0.0.2 --tls-cert-file "$certificate"
                --tls-key-file "$key" --tls-ca-cert-file "$certificate" --tls-auth-clients optional)
            client+=(--tls --cacert "$certificate")
        fi
        if [[ -n $4 ]]; then
            listen+=(--requirepass "$4")
            export REDISCLI_AUTH=$4
        fi
        end() {
            kill -9 "$server" 2>/dev/null || true
            wait "$server" 2>/dev/null || true
            rm -rf "$folder"
        }
        trap '' INT TERM
        redis-server "${listen[@]}" --save '' --appendonly no --dir "$folder" \
            --logfile "$folder/log" >/dev/null &
        server=$!
        trap end EXIT
        speaks() { [[ $(timeout 5 redis-cli "${client[@]}" ping 2>/dev/null) == PONG ]]; }
        wait_until_it_speaks "$server"
        echo ready
        exec >&-
        cat >/dev/null
        """#
}
