import Foundation
import LonghaulTestSupport

/// A small file system in memory that one server has to itself. It is mounted in a namespace of the server's
/// own, and is gone with it.
struct SmallDisk {
    /// The command that creates a mount namespace; nil where the system does not allow it.
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

    /// What starts a server that has the disk.
    var launcher: [String] {
        let script = #"mount -t tmpfs -o size="$1"m longhaul-test "$2" && shift 2 && exec "$@""#
        return (Self.namespace ?? []) + ["sh", "-c", script, "sh", "\(megabytes)", folder.path]
    }

    /// The path of a file on the disk as it is seen from outside of the server's namespace.
    func file(_ name: String, of server: TestServer) -> String {
        "/proc/\(server.process.processID)/root" + folder.file(name)
    }

    /// Leaves the disk no room at all.
    func fill(of server: TestServer) throws {
        let path = file("filler", of: server)
        let piece = [UInt8](repeating: 0, count: 4096)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TestFailure("cannot open \(path)") }
        defer { close(descriptor) }
        while write(descriptor, piece, piece.count) > 0 {}
    }

    /// Gives the room back that ``fill(of:)`` took.
    func empty(of server: TestServer) throws {
        try FileManager.default.removeItem(atPath: file("filler", of: server))
    }
}
