import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Retention, copies and the doctor, with the built binary.
@Suite struct HousekeepingTests {
    @Test func retentionHasDefaultsByState() async throws {
        let server = try await TestServer("serve", ["--retention-completed", "0"])
        let done = try await server.submit(#"{"kind": "a"}"#)
        let kept = try await server.submit(#"{"kind": "a", "retention_seconds": 3600}"#)
        let cancelled = try await server.submit(#"{"kind": "a"}"#)
        #expect(try await server.call("POST", "/v1/jobs/\(cancelled)/cancel").status == 200)
        for _ in 0..<2 {
            let lease = try #require(try await server.lease())
            #expect(try await server.call("POST", "/v1/leases/\(lease.token)/complete").status == 200)
        }
        try await eventually("the completed job is gone") {
            try await server.call("GET", "/v1/jobs/\(done)").status == 404
        }
        #expect(try await server.call("GET", "/v1/jobs/\(kept)").status == 200)
        #expect(try await server.call("GET", "/v1/jobs/\(cancelled)").status == 200)
    }

    /// A completed job with a file.
    private func finishJob(_ server: TestServer) async throws -> String {
        let id = try await server.submit(#"{"kind": "file", "queue": "files"}"#)
        let lease = try #require(try await server.lease(queue: "files"))
        let put = try await server.http.send(
            HTTPClientRequest(
                method: "PUT", url: server.address + "/v1/leases/\(lease.token)/artifacts/a.txt",
                body: .bytes(Array("hello".utf8))))
        #expect(put.status == 201)
        #expect(try await server.call("POST", "/v1/leases/\(lease.token)/complete").status == 200)
        return id
    }

    @Test(.over(.sqlite, "copies are made of SQLite's file"), .onFiles("it copies the folder as well"))
    func backupUnderLoadHoldsEveryAcknowledgedJob() async throws {
        let server = try await TestServer()
        let filed = try await finishJob(server)
        let target = try TemporaryFolder()
        let submitted = Recorder<String>()
        let isOver = Shared(false)
        let before = try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !isOver.value {
                        submitted.add(try await server.submit(#"{"kind": "load", "payload": "x"}"#))
                    }
                }
            }
            let before = try await submitted.wait(for: "100 jobs") { $0.count >= 100 }
            let backup = try await longhaul([
                "backup", "--store", "sqlite:" + server.folder.file("longhaul.db"), "--to",
                target.file("longhaul.db"), "--artifacts", "file:" + server.folder.file("artifacts"),
                "--artifacts-to", target.file("artifacts"), "--json",
            ])
            isOver.withLock { $0 = true }
            #expect(backup.code == 0, "\(backup.errors)")
            #expect(backup.output.contains(#""artifacts":1"#))
            try await group.waitForAll()
            return before
        }
        let copy = try await TestServer("serve", in: target)
        for id in before {
            #expect(try await copy.call("GET", "/v1/jobs/\(id)").status == 200)
        }
        let file = try await copy.call("GET", "/v1/jobs/\(filed)/artifacts/a.txt")
        #expect(String(decoding: file.body, as: UTF8.self) == "hello")
        let again = try await longhaul([
            "backup", "--store", "sqlite:" + server.folder.file("longhaul.db"), "--to",
            target.file("longhaul.db"),
        ])
        #expect(again.code == 1)
        #expect(again.errors.contains("already"))
    }

    @Test(.over(.sqlite, "the doctor knows SQLite's tables"), .onFiles("it changes the folder"))
    func doctorFindsStrayAndMissingFiles() async throws {
        let server = try await TestServer()
        let id = try await finishJob(server)
        let doctor = try ["doctor"] + Pair.current.storage(server.folder)
        let sound = try await longhaul(doctor)
        #expect(sound.code == 0, "\(sound)")
        #expect(sound.output.contains("integrity"))
        let refused = try await longhaul(doctor + ["--fix"])
        #expect(refused.code == 1)
        #expect(refused.errors.contains("in use by process \(server.process.processID)"))
        server.process.signal(SIGTERM)
        #expect(try await server.process.exitCode() == 0)

        let shard = server.folder.file("artifacts") + "/" + String(id.suffix(2))
        let stray = shard + "/" + id + "/1/stray.txt"
        try Data("stray".utf8).write(to: URL(fileURLWithPath: stray))
        let found = try await longhaul(doctor + ["--json"])
        #expect(found.code == 1)
        #expect(found.output.contains(#""check":"files","found":1,"repaired":0"#), "\(found.output)")
        let repaired = try await longhaul(doctor + ["--fix"])
        #expect(repaired.code == 0, "\(repaired)")
        #expect(!FileManager.default.fileExists(atPath: stray))
        try FileManager.default.removeItem(atPath: shard + "/" + id + "/1/a.txt")
        let missing = try await longhaul(doctor + ["--fix"])
        #expect(missing.code == 1)
        #expect(missing.output.contains("missing"))
    }
}
