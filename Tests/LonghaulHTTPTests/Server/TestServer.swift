import Foundation
import LonghaulHTTP
import LonghaulTestSupport

/// Runs a server on a free port during the body.
@discardableResult
func withServer<Result>(
    _ configure: (inout HTTPServerConfiguration) -> Void = { _ in },
    handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse,
    body: (HTTPAddress) async throws -> Result
) async throws -> Result {
    var configuration = HTTPServerConfiguration()
    configuration.errorResponse = { .text($0, "fault \($0): \($1)") }
    configure(&configuration)
    let server = HTTPServer(configuration: configuration, handler: handler)
    let address = try server.start()
    do {
        let result = try await body(address)
        await server.shutdown(grace: .seconds(10))
        return result
    } catch {
        await server.shutdown(grace: .zero)
        throw error
    }
}

/// Answers with the method, the path and the body.
@Sendable func echo(_ request: HTTPRequest) async -> HTTPResponse {
    do {
        let body = try await request.body.collect(upTo: 1 << 30)
        return .text(200, "\(request.method) \(request.path) " + String(decoding: body, as: UTF8.self))
    } catch {
        return .text(499, "\(error)")
    }
}

/// Sends a text on a new connection, and reads one response.
func response(from address: HTTPAddress, _ text: String) async throws -> RawResponse {
    try await response(from: address, Array(text.utf8))
}

/// Sends bytes on a new connection, and reads one response.
func response(from address: HTTPAddress, _ bytes: [UInt8]) async throws -> RawResponse {
    try await onThread {
        let client = try RawClient(address.port)
        try client.send(bytes)
        return try client.response()
    }
}
