import Foundation
import LonghaulTestSupport

/// A small file system in memory for one server. It is mounted in the server's own namespace, and is removed with the
/// namespace.
struct SmallDisk {
    /// The command that creates a mount namespace; nil if the system does not allow it.
    private static let namespace: [String]? = {
        let asRoot = ["/usr/bin/unshare", "--mount"]
        return [asRoot, ["/usr/bin/unshare", "--user", "--map-root-user", "--mount"]].first { command in
            let probe = Process()
            probe.executableURL = URL(fileURLWithPath: command[0])
            probe.arguments = Array(command.dropFirst()) + ["mount", "-t", "tmpfs", "none", "/mnt"]
            probe.standardError = FileHandle.nullDevice
            guard (try? probe.run()) != nil else { return false }
            probe.waitUntilExit()
            return probe.terminationStatus == 0
        }
    }()

    /// Whether there can be one.
    static var isAvailable: Bool { namespace != nil }

    /// The folder where the disk is mounted.
    let folder: TemporaryFolder
    let megabytes: Int

    /// The command that mounts the disk and then starts a server.
    var launcher: [String] {
        let script = #"mount -t tmpfs -o size="$1"m longhaul-test "$2" && shift 2 && exec "$@""#
        return (Self.namespace ?? []) + ["sh", "-c", script, "sh", "\(megabytes)", folder.path]
    }

    /// The path of a file on the disk, outside of the server's namespace.
    func file(_ name: String, of server: TestServer) -> String {
        "/proc/\(server.process.processID)/root" + folder.file(name)
    }

    /// Fills the disk completely.
    func fill(of server: TestServer) throws {
        let path = file("filler", of: server)
        let piece = [UInt8](repeating: 0, count: 4096)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TestFailure("cannot open \(path)") }
        defer { close(descriptor) }
        while write(descriptor, piece, piece.count) > 0 {}
    }

    /// Frees the space that ``fill(of:)`` has filled.
    func empty(of server: TestServer) throws {
        try FileManager.default.removeItem(atPath: file("filler", of: server))
    }
}
