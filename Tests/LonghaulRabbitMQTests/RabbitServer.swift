import Foundation
import LonghaulBroker
import LonghaulCore
import LonghaulRabbitMQ

/// A real RabbitMQ on ports of its own, shared by the tests; each test has queues of its own by their prefix.
final class RabbitServer: Sendable {
    private static let shared = Task { try await RabbitServer() }

    /// The server, running.
    static func running() async throws -> RabbitServer { try await shared.value }

    private let folder: String
    let port: Int

    private init() async throws {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("longhaul-rabbit-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        port = try Self.freePort()
        let configuration = """
            listeners.tcp.1 = 127.0.0.1:\(port)
            log.console = false
            """
        try configuration.write(toFile: folder + "/rabbitmq.conf", atomically: true, encoding: .utf8)
        let environment = [
            "HOME": folder, "PATH": "/usr/bin:/bin", "RABBITMQ_NODENAME": "longhaul\(port)@localhost",
            "RABBITMQ_MNESIA_BASE": folder, "RABBITMQ_LOG_BASE": folder,
            "RABBITMQ_CONFIG_FILE": folder + "/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": folder + "/plugins",
            "RABBITMQ_DIST_PORT": "\(try Self.freePort())", "ERL_EPMD_PORT": "\(try Self.freePort())",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        ]
        try start(environment)
        try await ready()
    }

    /// A queue over connections to the server.
    func queue(prefix: String) throws -> BrokerQueue<RabbitTransport> {
        let address = try RabbitAddress("amqp://127.0.0.1:\(port)?prefix=\(prefix)")
        return BrokerQueue(time: SystemTime()) { try RabbitTransport(address) }
    }

    private func ready() async throws {
        let address = try RabbitAddress("amqp://127.0.0.1:\(port)")
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            do {
                return try RabbitTransport(address).check()
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Starts the server and its port mapper in a session of their own, under a shell that ends all of it, and
    /// removes the folder, when this process has ended in any way.
    private func start(_ environment: [String: String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
        process.arguments = [
            "sh", "-c",
            """
            epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 &
            /usr/lib/rabbitmq/bin/rabbitmq-server &
            while kill -0 \(getpid()) 2>/dev/null; do sleep 0.5; done
            kill -9 %2
            rm -rf '\(folder)'
            kill -9 0
            """,
        ]
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
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
