import Foundation
import Testing

/// Two servers with the same store, queue and artifact folder.
struct ServerPair {
    let one: TestServer
    let other: TestServer

    init() async throws {
        one = try await TestServer()
        other = try await TestServer(in: one.folder)
    }

    /// A counter of `/metrics`, summed over its labels and over both servers.
    func total(_ name: String) async throws -> Double {
        var sum = 0.0
        for server in [one, other] {
            let text = String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
            for line in text.split(separator: "\n") where line.hasPrefix(name + "{") {
                sum += line.split(separator: " ").last.flatMap { Double($0) } ?? 0
            }
        }
        return sum
    }
}

extension TestServer {
    /// Completes the attempt of a token.
    func complete(_ token: String, _ body: String = "{}") async throws {
        let answer = try await call("POST", "/v1/leases/\(token)/complete", body)
        #expect(answer.status == 200, "\(answer)")
    }
}
