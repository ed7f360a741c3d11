import Foundation

/// A RabbitMQ server for tests, on its own ports. The server and its folder end with the process that started it.
public final class RabbitServer: Sendable {
    /// The server that the tests of a process share. The first use starts it. Each test has queues of its own, by their
    /// prefix.
    public static let shared = Result { try RabbitServer() }

    /// The port on 127.0.0.1.
    public let port: Int
    private let isSecure: Bool
    private let folder = serverFolder("rabbit")
    private let keeper: ServerKeeper

    /// Starts a server and returns when it accepts AMQP connections.
    ///
    /// - Parameter isSecure: whether it accepts only TLS connections with a client certificate of its authority. Its
    ///   own certificate is for `localhost`.
    public init(isSecure: Bool = false) throws {
        port = try freePort()
        self.isSecure = isSecure
        keeper = try ServerKeeper(
            "rabbitmq", Self.script, [folder, "\(port)", isSecure ? "secure" : "open"],
            environment: [
                "HOME": folder, "RABBITMQ_NODENAME": "longhaul\(port)@localhost",
                "RABBITMQ_MNESIA_BASE": folder, "RABBITMQ_LOG_BASE": folder,
                "RABBITMQ_CONFIG_FILE": folder + "/rabbitmq.conf",
                "RABBITMQ_ENABLED_PLUGINS_FILE": folder + "/plugins",
                "RABBITMQ_DIST_PORT": "\(try freePort())", "ERL_EPMD_PORT": "\(try freePort())",
                "ERL_EPMD_ADDRESS": "127.0.0.1",
            ])
    }

    /// The URL, `amqp://127.0.0.1:PORT`; with TLS `amqps://localhost:PORT`, with a certificate of an unknown authority.
    public var url: String { isSecure ? "amqps://localhost:\(port)" : "amqp://127.0.0.1:\(port)" }
    /// With TLS, the file of the authority to trust.
    public var authority: String { folder + "/authority.pem" }
    /// With TLS, the file of its certificate, which clients may use as well.
    public var certificate: String { folder + "/certificate.pem" }
    /// The key of the certificate.
    public var key: String { folder + "/key.pem" }

    /// The server and its port mapper run in their own session, whose processes are all ended at once.
    private static let script = #"""
        set -euo pipefail
        folder=$1
        port=$2
        secure=$3
        mkdir -m 700 "$folder"
        if [[ $secure == secure ]]; then
            # An authority and what it signed: Erlang refuses a caller whose certificate is its own authority.
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority \
                -out "$folder/authority.pem" -keyout "$folder/authority-key.pem" 2>/dev/null
            openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$folder/key.pem" 2>/dev/null |
                openssl x509 -req -days 2 -CA "$folder/authority.pem" -CAkey "$folder/authority-key.pem" \
                    -CAcreateserial -extfile <(echo subjectAltName=DNS:localhost) \
                    -out "$folder/certificate.pem" 2>/dev/null
            printf '%s\n' 'listeners.tcp = none' "listeners.ssl.1 = 127.0.0.1:$port" \
                "ssl_options.cacertfile = $folder/authority.pem" "ssl_options.certfile = $folder/certificate.pem" \
                "ssl_options.keyfile = $folder/key.pem" 'ssl_options.verify = verify_peer' \
                'ssl_options.fail_if_no_peer_cert = true' >"$folder/rabbitmq.conf"
        else
            printf 'listeners.tcp.1 = 127.0.0.1:%s\n' "$port" >"$folder/rabbitmq.conf"
        fi
        echo 'log.console = false' >>"$folder/rabbitmq.conf"
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
        greeting='AMQP\0\0\11\1'
        # What follows the byte is of no interest: that the client ends in a broken pipe is no failure.
        speaks_secure() {
            local byte
            byte=$({ printf "$greeting"; sleep 1; } | timeout 5 openssl s_client -quiet -no_ign_eof \
                -connect "127.0.0.1:$port" -cert "$folder/certificate.pem" -key "$folder/key.pem" 2>/dev/null |
                head -c 1) || true
            [[ $byte == $'\1' ]]
        }
        speaks() (
            [[ $secure != secure ]] || { speaks_secure; return; }
            exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$port" || return 1
            printf "$greeting" >&3
            LC_ALL=C IFS= read -r -t 5 -N 1 -u 3 byte && [[ $byte == $'\1' ]]
        )
        wait_until_it_speaks "$session"
        echo ready
        exec >&-
        cat >/dev/null
        """#
}
