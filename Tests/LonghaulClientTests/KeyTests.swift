import Foundation
import LonghaulCore
import LonghaulHTTP
import LonghaulTestSupport
import Testing

@testable import LonghaulClient

/// How a client sends its API key.
@Suite struct KeyTests {
    /// Runs a body with the address of a server that records the `Authorization` of each request.
    private func withRecorder(
        _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse,
        _ body: (String, Recorder<String>) async throws -> Void
    ) async throws {
        let seen = Recorder<String>()
        let server = HTTPServer(configuration: HTTPServerConfiguration()) { request in
            seen.add("\(request.path) \(request.headers["Authorization"] ?? "none")")
            return answer(request)
        }
        let address = try server.start().url
        try await withCleanup {
            await server.shutdown(grace: .zero)
        } _: {
            try await body(address, seen)
        }
    }

    @Test func everyCallHasTheKey() async throws {
        try await withRecorder({ _ in .text(200, #"{"items": [], "next_cursor": null}"#) }) { address, seen in
            let client = try LonghaulClient(server: address, key: .text("lh_live_key"))
            _ = try await client.queues()
            _ = try? await client.download(JobID(high: 1, low: 2), artifact: "a", to: "/nowhere/a")
            _ = try? await client.putArtifact(
                LeaseToken.unknown, name: "a", contentType: nil, path: "/etc/hostname")
            _ = await error { for try await _ in client.followLogs(JobID(high: 1, low: 2)) {} }
            await client.shutdown()
            #expect(seen.values.count >= 3 && seen.values.allSatisfy { $0.hasSuffix(" Bearer lh_live_key") })
        }
    }

    @Test func aRedirectToAnotherHostLosesTheKey() async throws {
        let folder = try TemporaryFolder()
        try await withRecorder({ _ in .text(200, "file") }) { other, seenByOther in
            let target = other.replacingOccurrences(of: "127.0.0.1", with: "localhost")
            try await withRecorder({ _ in
                HTTPResponse(status: 303, headers: ["Location": target + "/file"])
            }) { address, seen in
                let client = try LonghaulClient(server: address, key: .text("lh_live_key"))
                try await client.download(JobID(high: 1, low: 2), artifact: "a", to: folder.file("a"))
                await client.shutdown()
                #expect(seen.values.map { $0.hasSuffix("Bearer lh_live_key") } == [true])
                #expect(seenByOther.values == ["/file none"])
            }
        }
    }

    @Test func aRefusedKeyIsReadAgainFromItsFile() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("key")
        try Data("  one\n".utf8).write(to: URL(fileURLWithPath: path))
        try await withRecorder({ request in
            request.headers["Authorization"] == "Bearer two"
                ? .text(200, #"{"items": [], "next_cursor": null}"#) : .text(401, "no")
        }) { address, seen in
            let client = try LonghaulClient(server: address, key: .file(path: path))
            #expect(await error { _ = try await client.queues() }?.code == .unauthorized)
            try Data("two".utf8).write(to: URL(fileURLWithPath: path))
            _ = try await client.queues()
            _ = try await client.queues()
            await client.shutdown()
            #expect(
                seen.values.compactMap { $0.split(separator: " ").last } == ["one", "one", "two", "two"])
        }
    }

    @Test func anInvalidKeyFileIsAnError() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("key")
        for text in ["", "\n", "a b", "a\nb"] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: LonghaulError.self) {
                _ = try LonghaulClient(server: "http://127.0.0.1:1", key: .file(path: path))
            }
        }
        let missing = #expect(throws: LonghaulError.self) {
            _ = try LonghaulClient(server: "http://127.0.0.1:1", key: .file(path: folder.file("none")))
        }
        #expect(missing?.detail.contains("none") == true)
    }
}
