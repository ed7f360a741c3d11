import Foundation

/// The reason why a server for tests does not run, or why a command on it failed.
public struct ServerFailure: Error, CustomStringConvertible {
    /// What happened.
    public let description: String
}

/// A shell that runs one server while this process holds a pipe to it. It stops the server and removes its files when
/// ``end()`` is called, when the test releases it, or when this process ends for any reason.
final class ServerKeeper: Sendable {
    private let shell = Process()
    private let leash: ChildPipe

    /// The shell function that waits until the server answers. It has a deadline, so that a test of a server that never
    /// starts fails and does not hang.
    private static let preamble = #"""
        # Waits until `speaks` succeeds; ends with the logs in the folder if the process ends first, or a minute.
        wait_until_it_speaks() {
            until speaks; do
                if ! kill -0 "$1" 2>/dev/null || ((SECONDS > 60)); then
                    cat "$folder"/output "$folder"/log "$folder"/*.log >&2 2>/dev/null || true
                    exit 1
                fi
                sleep 0.05
            done
        }

        """#

    /// Runs a script that starts a server and prints `ready` when it answers. The script must stop the server when its
    /// standard input ends.
    ///
    /// - Parameters:
    ///   - name: the name of the server in the error message.
    ///   - environment: variables to add to the environment of this process.
    init(
        _ name: String, _ script: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws {
        leash = try ChildPipe()
        let output = try ChildPipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-c", Self.preamble + script, name + "-keeper"] + arguments
        shell.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        shell.standardInput = leash.reading
        shell.standardOutput = output.writing
        try shell.run(passing: leash.reading, output.writing)
        let said = output.reading.availableData
        guard String(decoding: said, as: UTF8.self).hasPrefix("ready") else {
            throw ServerFailure(description: "\(name) did not start; its output is above")
        }
    }

    deinit {
        end()
    }

    /// Stops the server, and waits until it has ended.
    func end() {
        try? leash.writing.close()
        shell.waitUntilExit()
    }
}

/// The path of a new folder for a server's data. The shell creates and removes the folder.
func serverFolder(_ name: String) -> String {
    FileManager.default.temporaryDirectory
        .appendingPathComponent("longhaul-\(name)-\(UUID().uuidString.prefix(8))").path
}

/// A free port of this machine. It is below the range of outgoing connections, so that no connection takes it before
/// the server starts.
func freePort() throws -> Int {
    for _ in 0..<100 {
        let port = Int.random(in: 20_000..<32_000)
        if isFree(port) { return port }
    }
    throw ServerFailure(description: "there is no free port")
}

private func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = in_port_t(port).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
