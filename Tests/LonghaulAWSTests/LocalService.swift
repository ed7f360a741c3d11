import LonghaulAWS
import LonghaulCore
import LonghaulHTTP
import LonghaulTestSupport

/// An HTTP server in place of a service, which records the requests.
final class LocalService: Sendable {
    /// A request that arrived.
    struct Call: Sendable {
        let method: String
        let path: String
        let headers: HTTPHeaders
        let body: String
    }

    let calls = Recorder<Call>()
    let url: String
    private let server: HTTPServer

    /// - Parameter answer: the answer to a call; its number counts from 1.
    init(_ answer: @escaping @Sendable (Call, Int) -> HTTPResponse) throws {
        server = HTTPServer(configuration: HTTPServerConfiguration()) { [calls] request in
            let body = (try? await request.body.collect(upTo: 1 << 20)) ?? []
            let call = Call(
                method: request.method, path: request.path, headers: request.headers,
                body: String(decoding: body, as: UTF8.self))
            return answer(call, calls.add(call))
        }
        url = try server.start().url
    }

    func close() {
        Task { await server.shutdown(grace: .zero) }
    }
}

/// The system's clock without pauses. It records them.
final class ImpatientTime: TimeSource {
    let pauses = Recorder<Double>()

    func now() -> Timestamp { SystemTime().now() }

    func sleep(until moment: Timestamp) async throws { try Task.checkCancellation() }

    func sleep(seconds: Double) async throws {
        pauses.add(seconds)
        try Task.checkCancellation()
    }
}

extension HTTPResponse {
    /// A response with XML.
    static func xml(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": "application/xml"], body: .bytes(Array(text.utf8)))
    }

    /// The error of a service.
    static func error(_ status: Int, _ code: String, _ message: String = "Something happened.")
        -> HTTPResponse
    {
        xml(status, "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>\(message)</Message></Error>")
    }
}
