import Foundation
import LonghaulHTTP
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// Artifacts in a bucket of S3.
@Suite struct S3ArtifactTests {
    private let folder: TemporaryFolder
    private let s3: AWSServer

    init() throws {
        folder = try TemporaryFolder()
        s3 = try AWSServer.shared.get()
    }

    private func start(_ more: String = "") async throws -> TestServer {
        try await TestServer(
            in: folder, artifacts: s3.artifacts(prefix: folder.name, more), environment: AWSServer.credentials
        )
    }

    /// Completes a job with one artifact, and returns its ID.
    private func finishJob(_ server: TestServer, _ name: String, _ bytes: [UInt8]) async throws -> String {
        let id = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let stored = try await server.http.send(
            HTTPClientRequest(
                method: "PUT", url: server.address + "/v1/leases/\(lease.token)/artifacts/\(name)",
                headers: ["Content-Type": "image/png"], body: .bytes(bytes)))
        #expect(stored.status == 201)
        #expect(try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}").status == 200)
        return id
    }

    private func run(_ arguments: [String], code: Int32 = 0) async throws -> String {
        let process = try LonghaulProcess(arguments, environment: AWSServer.credentials, folder: folder.path)
        #expect(try await process.exitCode() == code, "\(process.errorText)")
        return process.outputText + process.errorText
    }

    @Test func callersAreRedirectedToAURLThatNeedsNoCredentials() async throws {
        let server = try await start()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let id = try await finishJob(server, "a%20b.png", bytes)
        let path = "/v1/jobs/\(id)/artifacts/a%20b.png"
        let redirect = try await server.call("GET", path)
        #expect(redirect.status == 303)
        #expect(redirect.headers["Cache-Control"] == "no-store")
        let url = try #require(redirect.headers["Location"])
        #expect(!url.contains("test-secret"))
        let file = try await server.http.send(HTTPClientRequest(url: url))
        #expect(file.status == 200 && file.body == bytes && file.headers["Content-Type"] == "image/png")
        #expect(file.headers["Content-Disposition"] == "inline; filename*=UTF-8''a%20b.png")
        // The object is private: the URL needs its signature.
        let bare = String(url.prefix { $0 != "?" })
        for other in [bare, url + "0"] {
            #expect(try await server.http.send(HTTPClientRequest(url: other)).status == 403)
        }
        // A client that follows the redirect sends its range to the bucket as well.
        let range: HTTPHeaders = ["Range": "bytes=10-19"]
        let redirected = try await server.call("GET", path, headers: range)
        #expect(redirected.status == 303)
        let part = try await server.http.send(
            HTTPClientRequest(url: try #require(redirected.headers["Location"]), headers: range))
        #expect(part.status == 206 && part.body == Array(bytes[10...19]))
        #expect(part.headers["Content-Range"] == "bytes 10-19/100000")
        #expect(part.headers["Content-Type"] == "image/png")
        // The same file through the server.
        let whole = try await server.call("GET", path + "?redirect=false")
        #expect(whole.status == 200 && whole.body == bytes)
        let middle = try await server.call("GET", path + "?redirect=false", headers: range)
        #expect(middle.status == 206 && middle.body == Array(bytes[10...19]))
        // The URL is for GET only, so the server answers HEAD itself.
        let head = try await server.call("HEAD", path)
        #expect(
            head.status == 200 && head.headers["Content-Length"] == "100000"
                && head.headers["Location"] == nil)
        for field in ["Content-Type", "Content-Disposition"] {
            #expect(head.headers[field] == file.headers[field])
        }
        #expect(
            try await run(["artifacts", id, "--download", "here", "--server", server.address]).contains(
                "here/a b.png"))
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("here/a b.png")))) == bytes)
        // The bytes are gone with the job.
        #expect(try await server.call("DELETE", "/v1/jobs/\(id)").status == 204)
        try await eventually("the object is gone") {
            try await server.http.send(HTTPClientRequest(url: url)).status != 200
        }
    }

    @Test func storesAreCopiedInBothDirections() async throws {
        let server = try await TestServer(in: folder, artifacts: "file:" + folder.file("files"))
        let id = try await finishJob(server, "a%20%C3%BC.png", [1, 2, 3])
        _ = try await finishJob(server, "empty", [])
        let bucket = s3.artifacts(prefix: folder.name)
        let copy = ["artifacts", "copy", "--from", "file:" + folder.file("files"), "--to", bucket, "--json"]
        #expect(try await run(copy).contains(#""copied":2,"present":0,"missing":0,"size_bytes":3"#))
        #expect(try await run(copy).contains(#""copied":0,"present":2"#))
        let back = "file:" + folder.file("back")
        #expect(
            try await run(["artifacts", "copy", "--from", bucket, "--to", back]).contains("2 files copied"))
        server.process.signal(SIGTERM)
        #expect(try await server.process.exitCode() == 0)
        for artifacts in [bucket + "&downloads=proxy", back] {
            let moved = try await TestServer(
                in: folder, artifacts: artifacts, environment: AWSServer.credentials)
            let file = try await moved.call("GET", "/v1/jobs/\(id)/artifacts/a%20%C3%BC.png")
            #expect(file.status == 200 && file.body == [1, 2, 3])
            moved.process.signal(SIGTERM)
            #expect(try await moved.process.exitCode() == 0)
        }
        let usage = try await run(["artifacts", "copy", "--from", back], code: 2)
        #expect(usage.contains("--from and --to"))
        let absent = ["artifacts", "copy", "--from", "file:" + folder.file("none"), "--to", back]
        #expect(try await run(absent, code: 1).contains("there are no artifacts"))
    }

    @Test(.over(.sqlite, "the store is opened by the command"))
    func doctorChecksTheBucket() async throws {
        let server = try await start()
        let id = try await finishJob(server, "a.png", [1])
        server.process.signal(SIGTERM)
        #expect(try await server.process.exitCode() == 0)
        let artifacts = s3.artifacts(prefix: folder.name)
        let doctor = ["doctor", "--store", "sqlite:" + folder.file("longhaul.db"), "--artifacts"]
        _ = try await run(doctor + [artifacts])
        // In another bucket the file is missing.
        let other = s3.artifacts(prefix: folder.name + "x")
        #expect(try await run(doctor + [other], code: 1).contains(id))
        let backup = [
            "backup", "--store", "sqlite:" + folder.file("longhaul.db"), "--to", folder.file("copy.db"),
            "--artifacts", artifacts, "--artifacts-to", folder.file("copy"),
        ]
        #expect(try await run(backup, code: 2).contains("longhaul artifacts copy"))
    }
}
