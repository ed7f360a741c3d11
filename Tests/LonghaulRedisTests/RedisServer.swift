import Foundation
import LonghaulBroker
import LonghaulCore
import LonghaulRedis
import Synchronization

/// A real Redis on a port of its own that keeps nothing on its disk; gone when the test lets go of it.
final class RedisServer: Sendable {
    private let folder: String
    private let process: Mutex<Process>
    let port: Int

    /// Starts a server and waits until it answers.
    init() async throws {
        folder =
            FileManager.default.temporaryDirectory.appendingPathComponent(
                "longhaul-redis-\(UUID().uuidString)"
            )
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        port = try Self.freePort()
        process = Mutex(try Self.start(port: port, folder: folder))
        try await ready()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// `redis://` and so on, with keys of their own for each test.
    var url: String { "redis://127.0.0.1:\(port)" }

    /// A queue over connections to the server.
    func queue(_ options: String = "") throws -> BrokerQueue<RedisTransport> {
        let address = try RedisAddress(url + options)
        return BrokerQueue(time: SystemTime()) { try RedisTransport(address) }
    }

    /// Ends the server at once, with all that it held.
    func kill() {
        process.withLock { process in
            guard process.isRunning else { return }
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// Starts the server again, empty.
    func restart() async throws {
        kill()
        try process.withLock { $0 = try Self.start(port: port, folder: folder) }
        try await ready()
    }

    /// Runs a command of the server's own client.
    @discardableResult
    func command(_ words: String...) throws -> String {
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

    private func ready() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try command("PING") != "PONG" {
            guard ContinuousClock.now < deadline else {
                throw LonghaulError(.unavailable, "redis-server did not start")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func start(port: Int, folder: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
        process.arguments = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder,
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
            }
        }
        guard code == 0 else { throw LonghaulError(.unavailable, "there is no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
