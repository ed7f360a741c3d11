import Foundation
import LonghaulHTTP
import Synchronization

/// A server that records the spans of an OTLP exporter.
public final class TraceCollector: Sendable {
    /// A span as it arrived.
    public struct Span: Sendable {
        /// The name.
        public let name: String
        /// The trace in hexadecimal digits.
        public let traceID: String
        /// The span in hexadecimal digits.
        public let spanID: String
        /// The parent span; nil at the root.
        public let parentID: String?
        /// The kind by OTLP's numbers.
        public let kind: Int
        /// Nanoseconds since 1970.
        public let start: Int64
        /// Nanoseconds since 1970.
        public let end: Int64
        /// The attributes; integers as texts.
        public let attributes: [String: String]
        /// The IDs of the linked spans.
        public let links: [String]
        /// The status code; 2 is an error.
        public let status: Int?
        /// The status message.
        public let message: String?
        /// The attributes of the resource.
        public let resource: [String: String]
        /// The resource's `service.name`.
        public var service: String { resource["service.name"] ?? "" }
    }

    private let received = Recorder<Span>()
    private let answer = Mutex(200)
    private let requests = Mutex(0)
    private let latestHeaders = Mutex<HTTPHeaders>([:])
    private let path: String

    private init(path: String) {
        self.path = path
    }

    /// All spans that were accepted, in order.
    public var spans: [Span] { received.values }
    /// The number of requests.
    public var requestCount: Int { requests.withLock { $0 } }

    /// The values of a header field of the latest request.
    public func header(_ name: String) -> [String] { latestHeaders.withLock { $0.values(name) } }

    /// Sets the status of later answers. Spans are recorded only with status 200.
    public func answer(_ status: Int) {
        answer.withLock { $0 = status }
    }

    /// Runs a body with a collector and its URL.
    ///
    /// - Parameter path: the only path that accepts spans.
    public static func run(
        path: String = "/v1/traces", _ body: (TraceCollector, String) async throws -> Void
    ) async throws {
        let collector = TraceCollector(path: path)
        let server = HTTPServer(configuration: HTTPServerConfiguration()) { await collector.take($0) }
        let address = try server.start()
        try await withCleanup {
            await server.shutdown(grace: .seconds(10))
        } _: {
            try await body(collector, address.url)
        }
    }

    private func take(_ request: HTTPRequest) async -> HTTPResponse {
        requests.withLock { $0 += 1 }
        latestHeaders.withLock { $0 = request.headers }
        let status = answer.withLock { $0 }
        guard request.path == path, request.headers["Content-Type"] == "application/json",
            let bytes = try? await request.body.collect(upTo: 1 << 24)
        else { return .text(400, "no traces") }
        if status == 200 { received.add(contentsOf: Self.spans(in: bytes)) }
        return .text(status, "{}")
    }

    private static func spans(in bytes: [UInt8]) -> [Span] {
        let root = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] ?? [:]
        return objects(root["resourceSpans"]).flatMap { resource in
            let process = attributes((resource["resource"] as? [String: Any])?["attributes"])
            return objects(resource["scopeSpans"]).flatMap { objects($0["spans"]) }.map { span in
                let status = span["status"] as? [String: Any]
                return Span(
                    name: span["name"] as? String ?? "", traceID: span["traceId"] as? String ?? "",
                    spanID: span["spanId"] as? String ?? "", parentID: span["parentSpanId"] as? String,
                    kind: span["kind"] as? Int ?? 0, start: nanoseconds(span["startTimeUnixNano"]),
                    end: nanoseconds(span["endTimeUnixNano"]), attributes: attributes(span["attributes"]),
                    links: objects(span["links"]).compactMap { $0["spanId"] as? String },
                    status: status?["code"] as? Int, message: status?["message"] as? String,
                    resource: process)
            }
        }
    }

    private static func objects(_ value: Any?) -> [[String: Any]] { value as? [[String: Any]] ?? [] }

    private static func nanoseconds(_ value: Any?) -> Int64 { (value as? String).flatMap { Int64($0) } ?? -1 }

    private static func attributes(_ value: Any?) -> [String: String] {
        var map: [String: String] = [:]
        for entry in objects(value) {
            let inner = entry["value"] as? [String: Any]
            let text = inner?["stringValue"] ?? inner?["intValue"]
            map[entry["key"] as? String ?? ""] = text as? String
        }
        return map
    }
}
