import Foundation
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// The store, the queue and the artifact store of the tests, from `LONGHAUL_TEST_STORE`, `LONGHAUL_TEST_QUEUE` and
/// `LONGHAUL_TEST_ARTIFACTS`.
struct Pair: Sendable {
    enum Store: String {
        case sqlite, postgres
    }

    enum Queue: String {
        case store, redis, rabbitmq, kafka, sqs
        /// The mock cluster of librdkafka in place of a broker.
        case kafkaMock = "kafka-mock"
    }

    enum Artifacts: String {
        case file, s3
    }

    static let current = Pair(
        store: named("LONGHAUL_TEST_STORE") ?? .sqlite, queue: named("LONGHAUL_TEST_QUEUE") ?? .store,
        artifacts: named("LONGHAUL_TEST_ARTIFACTS") ?? .file)

    let store: Store
    let queue: Queue
    let artifacts: Artifacts

    /// The variables that each process needs.
    var environment: [String: String] {
        artifacts == .s3 || queue == .sqs ? AWSServer.credentials : [:]
    }

    private static func named<Part: RawRepresentable<String>>(_ variable: String) -> Part? {
        guard let name = ProcessInfo.processInfo.environment[variable] else { return nil }
        guard let part = Part(rawValue: name) else { fatalError("\(variable): there is no \"\(name)\"") }
        return part
    }

    /// The options of the backends for a folder. A server that starts in the same folder finds the same jobs: the
    /// shared servers use the name of the folder as the schema and as the prefix of queues.
    ///
    /// - Parameters:
    ///   - database: the URL of a PostgreSQL database in place of that of the shared server.
    ///   - artifacts: the URL of the artifact store in place of that of the pair.
    func options(
        _ folder: TemporaryFolder, database: String? = nil, artifacts: String? = nil
    ) throws -> [String] {
        let url =
            switch queue {
            case .store: "store:"
            case .redis: try RedisServer.shared.get().url + "?prefix=" + folder.name
            case .rabbitmq: try RabbitServer.shared.get().url + "?prefix=" + folder.name
            case .kafka: try KafkaServer.shared.get().url(name: folder.name)
            case .kafkaMock: try KafkaMock.shared.get().url(preparing: folder.name)
            case .sqs: try AWSServer.shared.get().queue(prefix: folder.name)
            }
        return try ["--queue", url] + storage(folder, database: database, artifacts: artifacts)
    }

    /// The options of the store and of the artifacts only.
    func storage(
        _ folder: TemporaryFolder, database: String? = nil, artifacts given: String? = nil
    ) throws -> [String] {
        let url =
            switch store {
            case .sqlite: "sqlite:" + folder.file("longhaul.db")
            case .postgres:
                try (database ?? PostgresServer.shared.get().url) + "?longhaul_schema=" + folder.name
            }
        if let given { return ["--store", url, "--artifacts", given] }
        let files =
            switch artifacts {
            case .file: "file:" + folder.file("artifacts")
            // The tests expect that the server sends the bytes.
            case .s3: try AWSServer.shared.get().artifacts(prefix: folder.name, "&downloads=proxy")
            }
        return ["--store", url, "--artifacts", files]
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs the test only with this store. The reason is shown when it is skipped.
    static func over(_ store: Pair.Store, _ reason: Comment) -> Self {
        .enabled(if: Pair.current.store == store, reason)
    }

    /// Runs the test only with this queue. The reason is shown when it is skipped.
    static func through(_ queue: Pair.Queue, _ reason: Comment) -> Self {
        .enabled(if: Pair.current.queue == queue, reason)
    }

    /// Runs the test only with artifacts in a folder. The reason is shown when it is skipped.
    static func onFiles(_ reason: Comment) -> Self { .enabled(if: Pair.current.artifacts == .file, reason) }

    /// Runs the test only with PostgreSQL as the store and no broker: it is about the database alone.
    static var overPostgresAlone: Self {
        .enabled(
            if: Pair.current.store == .postgres && Pair.current.queue == .store,
            "it is about PostgreSQL, and no broker takes part")
    }
}
