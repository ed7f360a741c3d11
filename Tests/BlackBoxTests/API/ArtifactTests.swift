import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Files of jobs, over HTTP.
@Suite struct ArtifactTests {
    private func put(
        _ server: TestServer, _ token: String, _ name: String, _ bytes: [UInt8], type: String? = nil
    ) async throws -> Answer {
        Answer(
            try await server.http.send(
                HTTPClientRequest(
                    method: "PUT", url: server.address + "/v1/leases/\(token)/artifacts/\(name)",
                    headers: type.map { ["Content-Type": $0] } ?? [:], body: .bytes(bytes))))
    }

    @Test func artifactIsVisibleAfterTheJobCompletes() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let kept = try await put(server, lease.token, "th%C3%BCmb%201.png", bytes, type: "image/png")
        #expect(kept.status == 201)
        #expect(try kept.int("size_bytes") == bytes.count)
        #expect(try await server.call("GET", "/v1/jobs/\(id)").count("artifacts") == 0)
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}")
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        let artifact = try job.value("artifacts.0")
        #expect(try artifact.string("name") == "thümb 1.png")
        #expect(try artifact.string("content_type") == "image/png")
        #expect(try artifact.string("sha256") == kept.string("sha256"))
        let url = try artifact.string("url")
        let whole = try await server.call("GET", url)
        #expect(whole.status == 200)
        #expect(whole.body == bytes)
        #expect(whole.headers["Content-Type"] == "image/png")
        let part = try await server.call("GET", url, headers: ["Range": "bytes=10-19"])
        #expect(part.status == 206)
        #expect(part.body == Array(bytes[10...19]))
        #expect(part.headers["Content-Range"] == "bytes 10-19/100000")
        #expect(
            try await server.call("GET", url, headers: ["Range": "bytes=-5"]).body == Array(bytes.suffix(5)))
        #expect(try await server.call("GET", url, headers: ["Range": "bytes=100000-"]).status == 416)
        let tag = try #require(whole.headers["ETag"])
        #expect(try await server.call("GET", url, headers: ["If-None-Match": tag]).status == 304)
        // A part of another version would damage the file that the client has begun.
        for (condition, status) in [(tag, 206), ("\"other\"", 200)] {
            let answer = try await server.call(
                "GET", url, headers: ["Range": "bytes=0-9", "If-Range": condition])
            #expect(answer.status == status)
        }
        #expect(try await server.call("HEAD", url).headers["Content-Length"] == "100000")
        #expect(try await server.call("GET", "/v1/jobs/\(id)/artifacts/other.png").status == 404)
    }

    @Test func rejectsNamesThatLeaveTheFolder() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let names = [
            "..%2Fx", "..%2F..%2Fetc%2Fpasswd", "%2e%2e", "a%2Fb", "a%5Cb", ".hidden", "a%00b", "%0A",
        ]
        for name in names {
            let answer = try await put(server, lease.token, name, [1, 2, 3])
            #expect(answer.status == 400, "\(name): \(answer)")
            #expect(answer.code == "invalid_request", "\(name): \(answer)")
        }
        let artifacts = server.folder.file("artifacts")
        let entries = FileManager.default.enumerator(atPath: artifacts)?.allObjects as? [String] ?? []
        let files = entries.filter { name in
            let facts = try? FileManager.default.attributesOfItem(atPath: artifacts + "/" + name)
            return facts?[.type] as? FileAttributeType != .typeDirectory
        }
        #expect(files.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: server.folder.file("x")))
    }

    @Test(.onFiles("it looks into the folder"))
    func artifactsOfAFailedAttemptAreRemoved() async throws {
        let server = try await TestServer()
        let id = try await server.submit(
            #"{"kind": "a", "backoff": {"type": "fixed", "initial_seconds": 0}}"#)
        let first = try #require(try await server.lease())
        #expect(try await put(server, first.token, "old.txt", [1]).status == 201)
        _ = try await server.call(
            "POST", "/v1/leases/\(first.token)/fail", #"{"error": {"type": "x", "message": "y"}}"#)
        let second = try #require(try await server.lease(wait: 20))
        #expect(try await put(server, second.token, "new.txt", [2]).status == 201)
        _ = try await server.call("POST", "/v1/leases/\(second.token)/complete", "{}")
        let names = try await server.call("GET", "/v1/jobs/\(id)").strings("artifacts.*.name")
        #expect(names == ["new.txt"])
        let artifacts = server.folder.file("artifacts")
        try await eventually("the old file is gone") {
            let files = FileManager.default.enumerator(atPath: artifacts)?.allObjects as? [String] ?? []
            return !files.contains { $0.hasSuffix("old.txt") } && files.contains { $0.hasSuffix("new.txt") }
        }
        #expect(try await server.call("DELETE", "/v1/jobs/\(id)").status == 204)
        try await eventually("the new file is gone") {
            let files = FileManager.default.enumerator(atPath: artifacts)?.allObjects as? [String] ?? []
            return !files.contains { $0.hasSuffix("new.txt") }
        }
    }
}
