import Foundation
import Synchronization

/// The mock cluster of librdkafka as a process, for tests of faults. Its topics must be created by ``run(_:)``. It ends
/// with the process that started it.
public final class KafkaMock: Sendable {
    private struct Connection {
        let process: Process
        let input: ChildPipe
        let output: ChildPipe

        func line() -> String {
            var bytes: [UInt8] = []
            while let byte = output.reading.readData(ofLength: 1).first, byte != 10 {
                bytes.append(byte)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// A cluster of three brokers for the tests of this process.
    public static let shared = Result { try KafkaMock(brokers: 3) }

    /// The brokers, `HOST:PORT,…`.
    public let servers: String
    private let connection: Mutex<Connection>
    /// The prefixes for which topics were created.
    private let prepared = Mutex<Set<String>>([])

    /// Starts a cluster.
    ///
    /// - Parameter brokers: the number of brokers, which have the numbers from 1.
    public init(brokers: Int = 1) throws {
        let process = Process()
        let connection = Connection(process: process, input: try ChildPipe(), output: try ChildPipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [sourceFolder + "/Tests/Kafka/mock.py", "\(brokers)"]
        process.standardInput = connection.input.reading
        process.standardOutput = connection.output.writing
        try process.run(passing: connection.input.reading, connection.output.writing)
        let words = connection.line().split(separator: " ")
        guard words.count == 2, words[0] == "ready" else {
            throw ServerFailure(
                description: "the mock cluster of librdkafka did not start; its output is above")
        }
        servers = String(words[1])
        self.connection = Mutex(connection)
    }

    deinit {
        connection.withLock { connection in
            kill(connection.process.processIdentifier, SIGKILL)
            connection.process.waitUntilExit()
        }
    }

    /// The address of the cluster.
    public var url: String { "kafka://\(servers)" }

    /// The options of a queue of its own. The topics of the queue `default` exist then: the cluster creates topics only when
    /// they are first used, and refuses the request to create one after a time-out.
    public func url(preparing name: String) throws -> String {
        let isNew = prepared.withLock { $0.insert(name).inserted }
        if isNew { try createTopics(prefix: name) }
        return url + "?group=\(name)&prefix=\(name)&partitions=2&session=6"
    }

    /// Runs a command of `Tests/Kafka/mock.py`.
    ///
    /// - Throws: ``ServerFailure`` with the error of the cluster.
    public func run(_ command: String) throws {
        let answer = connection.withLock { connection in
            connection.input.writing.write(Data((command + "\n").utf8))
            return connection.line()
        }
        guard answer == "ok" else { throw ServerFailure(description: "\(command): \(answer)") }
    }

    /// Creates the topics of a queue.
    public func createTopics(prefix: String, queues: [String] = ["default"], partitions: Int = 2) throws {
        for queue in queues {
            for band in ["low", "middle", "high"] {
                try run("topic \(prefix).\(queue).\(band) \(partitions)")
            }
        }
    }
}
