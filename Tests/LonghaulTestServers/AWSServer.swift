import Foundation

/// A server with the protocols of S3 and SQS for tests: moto, behind a gate that verifies signatures and checksums and fails
/// as planned (`aws_server.py`). It has the bucket ``bucket``. It ends with the process that started it.
public final class AWSServer: Sendable {
    /// The server that the tests of a process share. The first use starts it. Each test has a prefix of its own.
    public static let shared = Result { try AWSServer() }

    /// The name of the bucket that exists.
    public static let bucket = "files"
    /// The credentials that may do everything, as the environment of a process.
    public static let credentials = ["AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "test-secret"]

    /// The port on 127.0.0.1.
    public let port: Int
    private let keeper: ServerKeeper

    /// Starts a server and returns when it answers. Installs moto from PyPI if it is missing.
    public init() throws {
        port = try freePort()
        keeper = try ServerKeeper("aws", Self.script, [sourceFolder, "\(port)", serverFolder("aws")])
    }

    /// The URL, `http://127.0.0.1:PORT`.
    public var url: String { "http://127.0.0.1:\(port)" }

    /// The URL of an artifact store with this prefix.
    public func artifacts(prefix: String, _ more: String = "") -> String {
        "s3://\(Self.bucket)/\(prefix)?region=us-east-1&endpoint=\(url)&style=path\(more)"
    }

    /// The URL of queues with this prefix.
    public func queue(prefix: String, _ more: String = "") -> String {
        "sqs://?region=us-east-1&endpoint=\(url)&prefix=\(prefix)\(more)"
    }

    private static let script = #"""
        set -euo pipefail
        root=$1
        port=$2
        folder=$3
        python=$("$root/scripts/moto-venv.sh")
        mkdir -m 700 "$folder"
        end() {
            kill -9 "$server" 2>/dev/null || true
            wait "$server" 2>/dev/null || true
            rm -rf "$folder"
        }
        trap '' INT TERM
        TMPDIR=$folder PYTHONDONTWRITEBYTECODE=1 "$python" "$root/Tests/LonghaulTestServers/aws_server.py" "$port" \
            >"$folder/log" 2>&1 &
        server=$!
        trap end EXIT
        # The installation may have taken long.
        SECONDS=0
        speaks() { curl -fs --max-time 5 "http://127.0.0.1:$port/_requests" >/dev/null; }
        wait_until_it_speaks "$server"
        echo ready
        exec >&-
        cat >/dev/null
        """#
}
