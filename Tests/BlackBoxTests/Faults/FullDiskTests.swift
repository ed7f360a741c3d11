import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// A server whose disk is full: it rejects writes, still answers reads, and accepts writes without a restart when there
/// is room.
@Suite(
    .enabled(if: SmallDisk.isAvailable, "a small disk takes root or user namespaces"),
    .over(.sqlite, "the disk is that of the server's own files"))
struct FullDiskTests {
    private func start() async throws -> (SmallDisk, TestServer) {
        let disk = SmallDisk(folder: try TemporaryFolder(), megabytes: 24)
        return (disk, try await TestServer(in: disk.folder, launcher: disk.launcher))
    }

    private static let body = #"{"kind": "a", "payload": "\#(String(repeating: "x", count: 60_000))"}"#

    /// Submits until the disk is full. Returns the acknowledged jobs and the first rejected answer.
    private func submitUntilRefused(_ server: TestServer) async throws -> (ids: [String], rejected: Answer) {
        var ids: [String] = []
        while ids.count < 500 {
            let answer = try await server.call("POST", "/v1/jobs", Self.body)
            guard answer.status == 202 else { return (ids, answer) }
            ids.append(try answer.string("id"))
        }
        throw TestFailure("the disk is not full after 500 jobs")
    }

    private func expectUnavailable(_ answer: Answer) {
        #expect(answer.status == 503, "\(answer)")
        #expect(answer.code == "unavailable", "\(answer)")
        #expect(answer.headers["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
    }

    @Test func fullDiskRejectsWritesAllowsReadsAndRecovers() async throws {
        let (disk, server) = try await start()
        var known = [try await server.submit(Self.body), try await server.submit(Self.body)]
        let lease = try #require(try await server.lease(seconds: 3600))
        try disk.fill(of: server)
        let (ids, rejected) = try await submitUntilRefused(server)
        known += ids
        expectUnavailable(rejected)
        let batch = #"{"jobs": [\#(Self.body), \#(Self.body)]}"#
        expectUnavailable(try await server.call("POST", "/v1/jobs/batch", batch))
        expectUnavailable(
            try await server.call(
                "POST", "/v1/leases/\(lease.token)/complete",
                #"{"result": "\#(String(repeating: "r", count: 100_000))"}"#))

        // Reads still work.
        #expect(try await server.call("GET", "/healthz").status == 200)
        for id in known {
            let job = try await server.call("GET", "/v1/jobs/\(id)")
            #expect(job.status == 200, "\(job.status) \(job.code ?? "")")
        }
        #expect(try await server.call("GET", "/v1/jobs?limit=500").count("items") == known.count)
        #expect(try await server.call("GET", "/v1/queues/default").int("depth") == known.count - 1)
        #expect(try await server.call("GET", "/readyz").status == 503)

        try disk.empty(of: server)
        try await eventually("the server is ready again") {
            try await server.call("GET", "/readyz").status == 200
        }
        #expect(server.process.isRunning)
        // The server measures the free space from time to time.
        known.append(try await retrying { try await server.submit(Self.body) })
        let done = try await server.call("POST", "/v1/leases/\(lease.token)/complete", #"{"result": 1}"#)
        #expect(done.status == 200, "\(done.status) \(done.code ?? "")")
        let queue = try await server.call("GET", "/v1/queues/default")
        #expect(try queue.int("counts.completed") == 1)
        #expect(try queue.int("counts.pending") == known.count - 1)
        // Exactly the acknowledged jobs are completed.
        var worked = 1
        while let lease = try await server.lease(seconds: 3600) {
            #expect(
                try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}").status == 200)
            worked += 1
        }
        #expect(worked == known.count)
    }

    @Test func fullDiskRejectsArtifactsAndLeavesNoFile() async throws {
        let (disk, server) = try await start()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease(seconds: 3600))
        func put(_ name: String, _ bytes: [UInt8]) async throws -> Answer {
            Answer(
                try await server.http.send(
                    HTTPClientRequest(
                        method: "PUT", url: server.address + "/v1/leases/\(lease.token)/artifacts/\(name)",
                        body: .bytes(bytes), timeout: .seconds(60))))
        }
        let large = [UInt8](repeating: 7, count: 8 << 20)
        #expect(try await put("before.bin", Array(large.prefix(1000))).status == 201)
        try disk.fill(of: server)
        expectUnavailable(try await put("large.bin", large))
        let artifacts = disk.file("artifacts", of: server)
        func files() -> [String] {
            let names = FileManager.default.enumerator(atPath: artifacts)?.allObjects as? [String] ?? []
            return names.filter { name in
                let facts = try? FileManager.default.attributesOfItem(atPath: artifacts + "/" + name)
                return facts?[.type] as? FileAttributeType == .typeRegular
            }
        }
        #expect(files().count == 1 && files().first?.hasSuffix("before.bin") == true, "\(files())")
        try disk.empty(of: server)
        // A write of the server itself may have met the full disk.
        try await eventually("the server is ready again") {
            try await server.call("GET", "/readyz").status == 200
        }
        // The server measures the free space from time to time.
        try await eventually("the artifact is stored") { try await put("large.bin", large).status == 201 }
        #expect(
            try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}").status == 200)
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(try job.count("artifacts") == 2)
        #expect(try await server.call("GET", "/v1/jobs/\(id)/artifacts/large.bin").body == large)
    }
}
