import LonghaulConformance
import LonghaulCore
import LonghaulHTTP
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulS3

/// The store on a server that verifies signatures and checksums: its conformance, uploads, sweeps and downloads.
struct S3ArtifactStoreTests {
    @Test func conforms() async throws {
        let fixture = try await Fixture()
        try await ArtifactStoreConformance(store: fixture.store, read: fixture.read).run()
    }

    @Test func smallFileIsOneRequestWithItsChecksum() async throws {
        let fixture = try await Fixture("&sse=aws:kms&kms_key=alias/k&storage_class=STANDARD_IA")
        try await fixture.put("a b.txt", count: 1000)
        let puts = try await fixture.requests("/.*/1/").filter { $0.method == "PUT" }
        #expect(puts.count == 1)
        let put = try #require(puts.first)
        #expect(put.path.hasSuffix("/1/a!20b.txt"))
        #expect(put.headers["x-amz-checksum-sha256"]?.isEmpty == false)
        #expect(put.headers["x-amz-server-side-encryption"] == "aws:kms")
        #expect(put.headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/k")
        #expect(put.headers["x-amz-storage-class"] == "STANDARD_IA")
    }

    @Test func largeFileIsSentInPartsThatFitIntoMemory() async throws {
        let fixture = try await Fixture("&sse=AES256", options: Fixture.smallParts)
        let count = (15 << 20) + 7
        let file = try await fixture.put("large", count: count)
        let bytes = Fixture.bytes(count)
        #expect(file.sizeBytes == Int64(count))
        #expect(file.sha256 == SHA256.hexadecimal(SHA256.digest(bytes)))
        #expect(try await fixture.contents("large") == bytes)
        let parts = try await fixture.requests("/.*partNumber").map(\.bytes)
        #expect(parts == [5 << 20, 5 << 20, 5 << 20, 7])
        let start = try await fixture.requests("/.*uploads=").first { $0.method == "POST" }
        #expect(start?.headers["x-amz-server-side-encryption"] == "AES256")
        #expect(try await fixture.unfinishedUploads().isEmpty)
    }

    @Test func fileOfOneWholePartNeedsNoMultipartUpload() async throws {
        let fixture = try await Fixture(options: Fixture.smallParts)
        try await fixture.put("exact", count: 5 << 20)
        #expect(try await fixture.requests("/.*uploads=").contains { $0.method == "POST" } == false)
        #expect(try await fixture.contents("exact").count == 5 << 20)
    }

    @Test func failedUploadLeavesNoParts() async throws {
        let fixture = try await Fixture(options: Fixture.smallParts)
        let piece = [UInt8](repeating: 1, count: 4 << 20)
        let calls = Mutex(0)
        await #expect(throws: TestFailure.self) {
            _ = try await fixture.store.put(fixture.attempt, name: "x", maxBytes: 1 << 30) {
                let call = calls.withLock { count in
                    count += 1
                    return count
                }
                guard call < 5 else { throw TestFailure("the source broke") }
                return piece
            }
        }
        #expect(try await fixture.requests("/.*partNumber").isEmpty == false)
        #expect(try await fixture.unfinishedUploads().isEmpty)
    }

    @Test func cancelledUploadLeavesNoParts() async throws {
        let fixture = try await Fixture(options: Fixture.smallParts)
        let reachedEnd = Mutex(false)
        let upload = Task {
            _ = try await fixture.store.put(fixture.attempt, name: "x", maxBytes: 1 << 40) {
                try Task.checkCancellation()
                return [UInt8](repeating: 1, count: 1 << 20)
            }
            reachedEnd.withLock { $0 = true }
        }
        try await eventually("a part arrives") { try await !fixture.requests("/.*partNumber").isEmpty }
        upload.cancel()
        await #expect(throws: CancellationError.self) { try await upload.value }
        #expect(try await fixture.unfinishedUploads().isEmpty)
        #expect(!reachedEnd.withLock { $0 })
    }

    @Test func sweepRemovesUploadsThatADeadProcessLeft() async throws {
        let fixture = try await Fixture()
        let ended = ArtifactFolder(jobID: JobID(high: 2, low: 2), fence: 1)
        let running = ArtifactFolder(jobID: JobID(high: 3, low: 3), fence: 4)
        let completed = ArtifactFolder(jobID: JobID(high: 4, low: 4), fence: 1)
        try await fixture.leaveUpload("a", ended)
        let kept = try await fixture.leaveUpload("b", running)
        // Another server has stored the same file, and completed the job. It has no other file.
        try await fixture.store.bucket.put(fixture.store.keys.key(completed, name: "c"), [1])
        try await fixture.leaveUpload("c", completed)
        try await fixture.leaveUpload("d", completed)
        // A copy from another artifact store writes a file that is not there yet.
        let copied = try await fixture.leaveUpload("e", completed)
        _ = try await fixture.store.sweep { _ in
            [running: .running, completed: .completed(files: ["c", "e"])]
        }
        #expect(try await Set(fixture.unfinishedUploads().map(\.id)) == [kept, copied])
        // They may continue, but no upload takes a week.
        try await fixture.makeUploadsOlder(seconds: 7 * 86_400 + 60)
        _ = try await fixture.store.sweep { asAllRunning($0) }
        #expect(try await fixture.unfinishedUploads().isEmpty)
    }

    @Test func sweepKeepsUploadsOfThisProcess() async throws {
        let fixture = try await Fixture(options: Fixture.smallParts)
        let step = Mutex(0)
        let file = try await fixture.store.put(fixture.attempt, name: "a", maxBytes: 1 << 30) {
            let now = step.withLock { step in
                step += 1
                return step
            }
            if now <= 3 { return [UInt8](repeating: 1, count: 5 << 20) }
            if now == 4 { _ = try await fixture.store.sweep { _ in [:] } }
            return nil
        }
        #expect(file.sizeBytes == 15 << 20)
        #expect(try await fixture.contents("a").count == 15 << 20)
    }

    @Test func sweepLeavesOtherObjectsOfTheBucketAlone() async throws {
        let fixture = try await Fixture()
        let others = [
            "\(fixture.prefix)/readme.txt", "\(fixture.prefix)/\(fixture.attempt.jobID)/x/a",
            "\(fixture.prefix)x/a",
        ]
        for key in others { try await fixture.store.bucket.put(key, [1]) }
        try await fixture.put("a", count: 1)
        #expect(try await fixture.store.sweep { _ in [:] } == 1)
        for key in others { #expect(try await fixture.store.bucket.head(key) != nil) }
    }

    @Test func listIsReadPageByPage() async throws {
        let fixture = try await Fixture()
        for number in 0..<5 { try await fixture.put("f\(number)", count: number) }
        var found: [String: Int64] = [:]
        try await fixture.store.inspect { files in
            for (_, sizes) in files { found.merge(sizes) { $1 } }
        }
        #expect(found == ["f0": 0, "f1": 1, "f2": 2, "f3": 3, "f4": 4])
    }

    @Test func presignedURLHasTheTypeOfTheArtifactAndExpires() async throws {
        let fixture = try await Fixture("&url_seconds=60")
        try await fixture.put("ü.html", count: 10)
        guard case .content(let content) = try await fixture.store.locate(fixture.attempt, name: "ü.html"),
            let url = try await content.url(contentType: "text/html; charset=utf-8")
        else {
            Issue.record("no URL")
            return
        }
        #expect(url.contains("X-Amz-Expires=60&"))
        #expect(!url.contains("test-secret"))
        let response = try await fixture.http.send(HTTPClientRequest(url: url))
        #expect(response.status == 200 && response.body == Fixture.bytes(10))
        #expect(response.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(response.headers["Content-Disposition"] == "inline; filename*=UTF-8''%C3%BC.html")
        // A URL of another object needs another signature.
        let other = url.replacing(".html?", with: ".htm?")
        #expect(try await fixture.http.send(HTTPClientRequest(url: other)).status == 403)
    }

    @Test func partOfAFileIsReadThroughTheStore() async throws {
        let fixture = try await Fixture("&downloads=proxy")
        try await fixture.put("a", count: 100_000)
        guard case .content(let content) = try await fixture.store.locate(fixture.attempt, name: "a") else {
            Issue.record("no content")
            return
        }
        #expect(content.sizeBytes == 100_000)
        let next = try await content.open(5..<70_005)
        var bytes: [UInt8] = []
        while let piece = try await next() { bytes += piece }
        #expect(bytes == Array(Fixture.bytes(100_000)[5..<70_005]))
        let nothing = try await content.open(7..<7)
        #expect(try await nothing() == nil)
    }
}
