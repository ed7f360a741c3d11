import Foundation
import LonghaulHTTP
import Synchronization

/// A collector that keeps what it is sent, and answers as it is told to.
final class Collector: Sendable {
    struct Received: Sendable {
        let name: String
        let traceID: String
        let spanID: String
        let parentID: String?
        let kind: Int
        let start: Int64
        let end: Int64
        let attributes: [String: String]
        let status: Int?
        let message: String?
        let service: String
    }

    private let received = Mutex<[Received]>([])
    private let answer = Mutex(200)
    private let requests = Mutex(0)

    /// What it has taken.
    var spans: [Received] { received.withLock { $0 } }
    /// How many requests it has had.
    var requestCount: Int { requests.withLock { $0 } }

    /// Answers with this status from now on; keeps nothing unless it is 200.
    func answer(_ status: Int) {
        answer.withLock { $0 = status }
    }

    /// Runs a body with the address of a collector.
    static func run(_ body: (Collector, String) async throws -> Void) async throws {
        let collector = Collector()
        let server = HTTPServer(configuration: HTTPServerConfiguration()) { await collector.take($0) }
        let address = try server.start()
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(collector, address.url))
        } catch {
            outcome = .failure(error)
        }
        await server.shutdown(grace: .seconds(10))
        try outcome.get()
    }

    private func take(_ request: HTTPRequest) async -> HTTPResponse {
        requests.withLock { $0 += 1 }
        let status = answer.withLock { $0 }
        guard request.path == "/v1/traces", request.headers["Content-Type"] == "application/json",
            let bytes = try? await request.body.collect(upTo: 1 << 24)
        else { return .text(400, "no traces") }
        if status == 200 { received.withLock { $0 += Self.spans(in: bytes) } }
        return .text(status, "{}")
    }

    private static func spans(in bytes: [UInt8]) -> [Received] {
        let root = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] ?? [:]
        return objects(root["resourceSpans"]).flatMap { resource in
            let service = attributes((resource["resource"] as? [String: Any])?["attributes"])["service.name"]
            return objects(resource["scopeSpans"]).flatMap { objects($0["spans"]) }.map { span in
                let status = span["status"] as? [String: Any]
                return Received(
                    name: span["name"] as? String ?? "", traceID: span["traceId"] as? String ?? "",
                    spanID: span["spanId"] as? String ?? "", parentID: span["parentSpanId"] as? String,
                    kind: span["kind"] as? Int ?? 0, start: nanoseconds(span["startTimeUnixNano"]),
                    end: nanoseconds(span["endTimeUnixNano"]), attributes: attributes(span["attributes"]),
                    status: status?["code"] as? Int, message: status?["message"] as? String,
                    service: service ?? "")
            }
        }
    }

    private static func objects(_ value: Any?) -> [[String: Any]] { value as? [[String: Any]] ?? [] }

    private static func nanoseconds(_ value: Any?) -> Int64 { (value as? String).flatMap { Int64($0) } ?? -1 }

    private static func attributes(_ value: Any?) -> [String: String] {
        var map: [String: String] = [:]
        for entry in objects(value) {
            let inner = entry["value"] as? [String: Any]
            map[entry["key"] as? String ?? ""] = inner?["stringValue"] as? String
        }
        return map
    }
}

/// A test waited in vain.
struct DeadlinePassed: Error {
    let what: String
}

/// Waits until a condition holds.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw DeadlinePassed(what: what) }
        try await Task.sleep(for: .milliseconds(5))
    }
}
