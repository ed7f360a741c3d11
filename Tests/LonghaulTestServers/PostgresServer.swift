import Foundation

/// A PostgreSQL server for tests, on a socket in a temporary folder. The server and its folder end with the process
/// that started it.
///
/// PostgreSQL does not run as root. If the tests run as root, the user of Debian's package runs the server.
public final class PostgresServer: Sendable {
    /// The server that the tests of a process share. The first use starts it.
    public static let shared = Result { try PostgresServer() }

    /// The folder of its socket and its data.
    public let folder: String
    private let keeper: ServerKeeper

    /// Starts a server and returns once it answers.
    ///
    /// - Parameter settings: settings of the server, as `name=value`.
    public init(settings: [String] = ["fsync=off", "full_page_writes=off"]) throws {
        folder = serverFolder("pg")
        keeper = try ServerKeeper("PostgreSQL", Self.script, [folder] + settings)
    }

    /// The URL of its database.
    public var url: String { postgresURL(folder) }

    /// Stops the server, and removes its folder.
    public func stop() {
        keeper.end()
    }

    /// Runs SQL with `psql`. Returns the values that it prints.
    ///
    /// - Throws: ``ServerFailure`` with the error of `psql`.
    @discardableResult
    public func query(_ sql: String) throws -> String {
        let process = program()
        let output = try ChildPipe()
        let faults = try ChildPipe()
        let input = try ChildPipe()
        process.standardInput = input.reading
        process.standardOutput = output.writing
        process.standardError = faults.writing
        try process.run(passing: input.reading, output.writing, faults.writing)
        input.writing.write(Data(sql.utf8))
        try input.writing.close()
        let answer = output.reading.readDataToEndOfFile()
        let fault = faults.reading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ServerFailure(description: String(decoding: fault, as: UTF8.self))
        }
        return String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func program() -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/psql")
        process.arguments = [
            "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", folder, "-U", "longhaul", "-d", "postgres",
        ]
        return process
    }

    /// A database session that holds a transaction open, like another program.
    public final class OpenTransaction {
        private let process: Process
        private let input: ChildPipe
        private let output: ChildPipe

        fileprivate init(_ process: Process, _ sql: String) throws {
            self.process = process
            input = try ChildPipe()
            output = try ChildPipe()
            process.standardInput = input.reading
            process.standardOutput = output.writing
            try process.run(passing: input.reading, output.writing)
            try run("BEGIN; \(sql);")
        }

        /// Runs SQL, and returns after the server has executed it.
        private func run(_ sql: String) throws {
            input.writing.write(Data("\(sql)\n\\echo done\n".utf8))
            var said = ""
            while !said.contains("done\n") {
                let data = output.reading.availableData
                guard !data.isEmpty else { throw ServerFailure(description: "psql ended: \(said)") }
                said += String(decoding: data, as: UTF8.self)
            }
        }

        /// Rolls back the transaction, and closes the connection.
        public func end() throws {
            try run("ROLLBACK;")
            try input.writing.close()
            process.waitUntilExit()
        }
    }

    /// Begins a transaction, runs SQL in it, and leaves it open.
    public func begin(_ sql: String) throws -> OpenTransaction {
        try OpenTransaction(program(), sql)
    }

    /// Kills all processes of the server with SIGKILL, and starts it again.
    ///
    /// The system keeps the pages that the server has written and not synced. What the server had only in its memory is
    /// lost.
    public func kill() throws {
        try signal("KILL")
        // Until the last process has ended, the new server finds its shared memory in use.
        for _ in 0..<200 {
            guard (try? start()) == nil else { return }
            usleep(50_000)
        }
        throw ServerFailure(description: "PostgreSQL did not start after SIGKILL")
    }

    /// Stops the server and closes its connections.
    public func halt() throws {
        try control(["-m", "fast", "stop"])
    }

    /// Starts it again.
    public func start() throws {
        try control(["-l", folder + "/log", "start"])
    }

    /// Suspends the server and all its processes: it accepts connections, but does not answer.
    public func freeze() throws {
        try signal("STOP")
    }

    /// Lets it go on.
    public func thaw() throws {
        try signal("CONT")
    }

    private func signal(_ name: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        let script = #"""
            read -r first <"$1/data/postmaster.pid"
            read -r -a others <"/proc/$first/task/$first/children"
            kill "-$2" "$first" "${others[@]}"
            """#
        process.arguments = ["-c", script, "signal", folder, name]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ServerFailure(description: "PostgreSQL did not get SIG\(name)")
        }
    }

    private func control(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments =
            ["-c", Self.preamble + #"pg_ctl -D "$folder/data" -w "$@" >/dev/null"#, "pg_ctl", folder]
            + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ServerFailure(description: "pg_ctl \(arguments.joined(separator: " ")) failed")
        }
    }

    /// The programs of the server, and the user that may run them.
    private static let preamble = #"""
        set -euo pipefail
        folder=$1
        shift
        bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
        [[ -n $bin ]] || { echo "PostgreSQL is not installed" >&2; exit 1; }
        as=()
        [[ $(id -u) != 0 ]] || as=(runuser -u postgres --)
        cd /
        # The server outlives the call: it must not keep the pipe open that signals the call's end.
        pg_ctl() (
            for entry in /proc/self/fd/*; do
                number=${entry##*/}
                ((number <= 2)) || eval "exec $number>&-"
            done
            exec "${as[@]}" "$bin/pg_ctl" "$@"
        )

        """#

    private static let script =
        preamble + #"""
            "${as[@]}" mkdir -m 755 "$folder"
            end() {
                pg_ctl -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
                rm -rf "$folder"
            }
            trap end EXIT
            trap '' INT TERM
            "${as[@]}" "$bin/initdb" -D "$folder/data" -U longhaul -A trust -E UTF8 --no-locale --no-sync >/dev/null
            {
                echo "listen_addresses = ''"
                echo "unix_socket_directories = '$folder'"
                echo "max_connections = 900"
                echo "shared_buffers = 64MB"
                for setting in "$@"; do echo "${setting%%=*} = '${setting#*=}'"; done
            } | "${as[@]}" tee -a "$folder/data/postgresql.conf" >/dev/null
            pg_ctl -D "$folder/data" -l "$folder/log" -w start >/dev/null || { cat "$folder/log" >&2; exit 1; }
            echo ready
            exec >&-
            cat >/dev/null
            """#
}

/// The URL of the database of a server whose socket is in a folder.
func postgresURL(_ folder: String) -> String {
    let host = folder.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? folder
    return "postgres://longhaul@\(host)/postgres"
}
