import Foundation
import LonghaulEngine
import LonghaulTestSupport
import Testing

@testable import LonghaulClient

private struct Resize: JobKind {
    static let kind = "image.resize"
    static let options = JobOptions(queue: "images", maxAttempts: 1, tags: ["team": "media"])
    struct Payload: Codable, Sendable, Equatable { var source: String; var width: Int }
    struct Output: Codable, Sendable, Equatable { var bytes: Int }
}

private struct Total: JobKind {
    static let kind = "total"
    typealias Payload = String
    typealias Output = Int?
}

/// Jobs with typed payloads and results, over HTTP to a real server. The test is the worker.
@Suite struct TypedJobTests {
    private func lease(_ client: LonghaulClient) async throws -> Lease {
        let request = LeaseRequest(
            worker: WorkerInfo(id: "w", name: "worker"), queues: ["images", "default"])
        return try #require(try await client.lease(request).first)
    }

    private func complete(_ client: LonghaulClient, with result: some Encodable) async throws {
        let lease = try await lease(client)
        let completion = Completion(token: lease.token, result: try JSONText(encoding: result))
        _ = try await client.complete([completion]).map { try $0.get() }
    }

    @Test func submittedJobHasThePayloadAndReturnsTheResult() async throws {
        try await withServer { client, _ in
            let payload = Resize.Payload(source: "cat.jpg", width: 320)
            let job = try await client.submit(Resize.self, payload)
            #expect(!job.isReplay)
            #expect(try await job.status() == .pending)
            #expect(try await job.payload() == payload)
            async let result = job.result(timeout: .seconds(60))
            try await complete(client, with: Resize.Output(bytes: 17))
            #expect(try await result == Resize.Output(bytes: 17))
            #expect(try await client.handle(Resize.self, job.id).result() == Resize.Output(bytes: 17))
        }
    }

    @Test func optionsOfTheSubmissionReplaceThoseOfTheKind() async throws {
        try await withServer { client, _ in
            let date = Date(timeIntervalSince1970: 4_000_000_000.5)
            let options = JobOptions(
                priority: 8, delay: .seconds(5), runAt: date, maxAttempts: 3,
                backoff: Backoff(growth: .fixed, initialSeconds: 9), timeout: .milliseconds(1500),
                expiresAt: date.addingTimeInterval(60), retention: .seconds(3600), idempotencyKey: "k",
                actor: "ada", tags: ["customer": "acme"], size: 7, labels: ["gpu": "1"])
            let payload = Resize.Payload(source: "a", width: 1)
            let job = try await client.submit(Resize.self, payload, options: options)
            let stored = try await job.job()
            #expect(stored.state == .scheduled)
            #expect(stored.runAt == Timestamp(milliseconds: 4_000_000_000_500))
            #expect(stored.spec.queue == "images" && stored.spec.priority == 8)
            #expect(stored.spec.maxAttempts == 3 && stored.spec.timeoutSeconds == 1.5)
            #expect(stored.spec.backoff == Backoff(growth: .fixed, initialSeconds: 9))
            #expect(stored.spec.expiresAt == Timestamp(milliseconds: 4_000_000_060_500))
            #expect(stored.spec.retentionSeconds == 3600 && stored.spec.actor == "ada")
            #expect(stored.spec.tags == ["team": "media", "customer": "acme"])
            #expect(stored.spec.size == 7 && stored.spec.labels == ["gpu": "1"])
            let again = try await client.submit(Resize.self, payload, options: options)
            #expect(again.id == job.id && again.isReplay)
        }
    }

    @Test func failureOfTheJobIsATypedError() async throws {
        struct Details: Codable, Equatable { var to: String }
        try await withServer { client, _ in
            let job = try await client.submit(Resize.self, .init(source: "a", width: 1))
            let details = try JSONText(encoding: Details(to: "ada"))
            let error = JobError(
                type: "invalid_address", message: "no @", details: details, retryable: false)
            _ = try await client.fail(Failure(token: try await lease(client).token, error: error))
            let failure = await #expect(throws: JobFailed.self) { _ = try await job.result() }
            #expect(failure?.type == "invalid_address" && failure?.message == "no @")
            #expect(try failure?.details(as: Details.self) == Details(to: "ada"))
            #expect(failure?.job.id == job.id)
            #expect(failure?.description.hasSuffix("image.resize failed: invalid_address: no @") == true)
        }
    }

    @Test func cancelledJobIsATypedError() async throws {
        try await withServer { client, _ in
            let job = try await client.submit(Resize.self, .init(source: "a", width: 1))
            try await job.cancel()
            let error = await #expect(throws: JobCancelled.self) { _ = try await job.result() }
            #expect(error?.job.id == job.id)
            try await job.delete()
            await #expect(throws: LonghaulError.self) { _ = try await job.wait() }
        }
    }

    @Test func resultOfAnotherFormIsADecodingError() async throws {
        try await withServer { client, _ in
            let job = try await client.submit(Resize.self, .init(source: "a", width: 1))
            try await complete(client, with: "text")
            await #expect(throws: DecodingError.self) { _ = try await job.result() }
        }
    }

    @Test func nullIsTheResultOfAKindWithOptionalOutput() async throws {
        try await withServer { client, _ in
            let job = try await client.submit(Total.self, "a")
            try await complete(client, with: Int?.none)
            #expect(try await job.result() == nil)
        }
    }

    @Test func manyPayloadsAreSubmittedTogetherWithAKeyForEach() async throws {
        try await withServer { client, engine in
            let payloads = (0..<3).map { Resize.Payload(source: "\($0)", width: $0) }
            let options = JobOptions(idempotencyKey: "album-7")
            let jobs = try await client.submit(Resize.self, all: payloads, options: options)
            #expect(Set(jobs.map(\.id)).count == 3)
            #expect(try await jobs[2].payload().width == 2)
            let again = try await client.submit(Resize.self, all: payloads, options: options)
            #expect(again.map(\.id) == jobs.map(\.id) && again.allSatisfy(\.isReplay))
        }
    }

    @Test func entriesOfABatchDependOnEachOther() async throws {
        try await withServer { client, _ in
            var batch = JobBatch()
            let images = try (1...2).map { try batch.add(Resize.self, .init(source: "a", width: $0)) }
            let total = try batch.add(Total.self, "sum", after: images)
            let parent = try batch.setParent(Total.self, "parent")
            let jobs = try await client.submit(batch)
            #expect(jobs.ids.count == 3)
            let stored = try await jobs[total].job()
            #expect(stored.state == .blocked)
            #expect(stored.dependsOn == images.map { jobs[$0].id })
            #expect(try await jobs[parent].job().childrenCount == 3)
            for number in 1...2 { try await complete(client, with: Resize.Output(bytes: number)) }
            try await complete(client, with: 3)
            #expect(try await jobs[total].result(timeout: .seconds(60)) == 3)
        }
    }
}
