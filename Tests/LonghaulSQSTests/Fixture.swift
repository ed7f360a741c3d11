import Foundation
import LonghaulAWS
import LonghaulBroker
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulTestServers
import LonghaulTestSupport

@testable import LonghaulSQS

/// Queues on the shared server, with a prefix of their own.
struct Fixture: Sendable {
    /// A request that arrived at the server.
    struct Request: Sendable {
        let action: String
        let queue: String
        let waitSeconds: Int?
        let entries: Int
    }

    let server: AWSServer
    let prefix: String
    let service: SQSService
    let place = SQSPlace(queue: "default", band: .middle)
    let interest = QueueInterest(queues: ["default"], kinds: ["work"])
    private let http = HTTPClient()
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())

    init(_ more: String = "") async throws {
        server = try AWSServer.shared.get()
        prefix = "t" + UUID().uuidString.lowercased().prefix(8)
        service = try await Self.open(server.queue(prefix: prefix, more))
    }

    static func open(
        _ url: String, _ variables: [String: String] = AWSServer.credentials
    ) async throws(LonghaulError) -> SQSService {
        let basis = ["HOME": "/nowhere", "AWS_EC2_METADATA_DISABLED": "true"]
        return try await SQSService.open(
            SQSAddress(url), environment: AWSEnvironment(basis.merging(variables) { $1 }))
    }

    /// A queue with connections of its own.
    func anotherQueue() async throws -> BrokerQueue<SQSTransport> {
        let service = try await Self.open(server.queue(prefix: prefix))
        return BrokerQueue(time: SystemTime()) { SQSTransport(service) }
    }

    func queue() -> BrokerQueue<SQSTransport> {
        BrokerQueue(time: SystemTime()) { [service] in SQSTransport(service) }
    }

    func entries(_ count: Int, queue: String = "default", kind: String = "work") -> [QueueEntry] {
        (0..<count).map { _ in QueueEntry(id: ids.next(), queue: queue, kind: kind, priority: 5) }
    }

    /// Receives at most `limit` IDs, and acknowledges none.
    func receive(_ queue: BrokerQueue<SQSTransport>, limit: Int) async throws -> Set<JobID> {
        let deadline = SystemTime().now().adding(seconds: 30)
        guard case .jobs(let ids) = try await queue.receive(interest, limit: limit, until: deadline) else {
            throw TestFailure("no IDs arrived")
        }
        return Set(ids)
    }

    /// An attribute of a queue of this fixture.
    func attribute(_ attribute: String, of name: String) async throws -> String? {
        let answer = try await service.call("GetQueueAttributes", on: name) { writer in
            writer.field("QueueUrl", name)
            writer.field("AttributeNames", [attribute])
        }
        return answer?["Attributes"]?[attribute]?.string
    }

    /// Plans failures. The texts that they match are those of `sqs_gate.py`.
    ///
    /// - Parameter faults: objects in JSON, with `PREFIX` in place of the prefix.
    func plan(_ faults: String) async throws {
        let body = "[" + faults.replacing("PREFIX", with: prefix) + "]"
        let response = try await http.send(
            HTTPClientRequest(method: "POST", url: server.url + "/_faults", body: .bytes(Array(body.utf8))))
        guard response.status == 200 else { throw TestFailure("the faults are not planned") }
    }

    /// The requests of this fixture that arrived at the server, in order.
    func requests(_ action: String = "") async throws -> [Request] {
        let match = AWSEncoding.encode("^/sqs/\(action).*queue=\(prefix)")
        let response = try await http.send(
            HTTPClientRequest(url: server.url + "/_requests?match=" + match))
        return try JSONDocument(parsing: response.body).root.elements.map { node in
            let query = node["query"]
            return Request(
                action: String((node["path"]?.string ?? "").dropFirst("/sqs/".count)),
                queue: query?["queue"]?.string ?? "",
                waitSeconds: query?["wait"]?.string.flatMap { Int($0) },
                entries: Int(query?["entries"]?.string ?? "") ?? 0)
        }
    }
}
