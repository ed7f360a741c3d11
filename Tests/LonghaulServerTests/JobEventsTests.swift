import LonghaulCore
import LonghaulEngine
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulHTTP
@testable import LonghaulServer

/// The event streams, without a socket.
@Suite struct JobEventsTests {
    private let server = ServerFixture()

    @Test func aStreamThatOpensWhileItsJobEndsShowsTheEnd() async throws {
        let (engine, context) = (server.engine, server.context)
        context.events.start()
        let job = try await engine.submit(NewJob(JobSpec(kind: "k"))).job
        let route = try #require(
            EventRoutes(context: context).routes.first { $0.operation == "jobEvents" })
        let request = APIRequest(
            ServerFixture.request("GET", "/v1/jobs/\(job.id)/events"), by: .anonymous,
            HTTPParameters(names: ["id"], values: [job.id.description]), maxBodyBytes: 0)
        // The answer contains the history of a pending job. The job ends before the stream is sent.
        let response = try await route.handler(request)
        _ = try await engine.cancel(job.id, children: false)
        guard case .stream(_, let body) = response.body else {
            Issue.record("the answer is not a stream")
            return
        }
        let writer = HTTPBodyWriter {}
        let hasEnded = Flag()
        async let sending: Void = {
            try await body(writer)
            hasEnded.set()
        }()
        // Far below the interval of heartbeats, at which the stream would read the job again.
        try await eventually("the stream has ended", within: 10) { hasEnded.isSet }
        try await sending
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        guard case .bytes(let count) = buffer.withUnsafeMutableBytes({ writer.read(into: $0) }) else {
            Issue.record("the stream is empty")
            return
        }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        #expect(text.contains("\"pending\""))
        #expect(text.contains("\"cancelled\""))
        context.events.close()
    }

    @Test func aStreamOfAQueueShowsOnlyItsChangesOfACommit() async throws {
        let specs = ["a", "b", "a"].map { NewJob(JobSpec(kind: "k", queue: $0)) }
        let jobs = try await server.engine.submit(NewJobBatch(jobs: specs)).jobs.map(\.job)
        let batches = server.engine.feed.read(after: 0, limit: 10).batches
        func ids(ofQueue queue: String?) -> [Bool] {
            let pieces = batches.flatMap { EventText.pieces(of: $0, after: 0, queue: queue, epoch: 1) }
            let text = String(decoding: pieces.joined(), as: UTF8.self)
            return jobs.map { text.contains($0.id.description) }
        }
        #expect(ids(ofQueue: "a") == [true, false, true])
        #expect(ids(ofQueue: "b") == [false, true, false])
        #expect(ids(ofQueue: nil) == [true, true, true])
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }
}
