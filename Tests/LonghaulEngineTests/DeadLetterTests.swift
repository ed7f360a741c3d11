import Foundation
import LonghaulCore
import LonghaulMemory
import LonghaulSQLite
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// Dead letters in bulk.
struct DeadLetterTests {
    private let worker = WorkerInfo(id: "w1")

    /// Runs a test against a started engine with `dead` dead letters; every third has the error "net".
    private func withEngine(_ dead: Int, _ body: (Engine, [JobID]) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(path: folder.file("store.db"))
        let engine = Engine(
            store: store, queue: StoreQueue(time: SystemTime()), artifacts: MemoryArtifactStore())
        try await withCleanup {
            await engine.stop()
            await store.close()
        } _: {
            try await engine.start()
            try await body(engine, try await fail(dead, engine))
        }
    }

    /// Submits jobs and fails them for good.
    private func fail(_ count: Int, _ engine: Engine) async throws -> [JobID] {
        for start in stride(from: 0, to: count, by: 1000) {
            let jobs = (start..<min(count, start + 1000)).map { _ in NewJob(JobSpec(kind: "a")) }
            _ = try await engine.submit(NewJobBatch(jobs: jobs))
        }
        var ids: [JobID] = []
        while ids.count < count {
            let leases = try await engine.lease(LeaseRequest(worker: worker, maxJobs: 1000, waitSeconds: 20))
            let failures = leases.enumerated().map { index, lease in
                Failure(
                    token: lease.token,
                    error: JobError(
                        type: (ids.count + index) % 3 == 0 ? "net" : "io", message: "disk \(index)",
                        retryable: false))
            }
            for answer in await engine.store.fail(failures) { ids.append(try answer.get().id) }
        }
        return ids
    }

    private func failed(_ engine: Engine) async throws -> Int {
        try await engine.queue("default").record.counts[.failed] ?? 0
    }

    @Test func filterSelectsAllMatchesInSeveralTransactions() async throws {
        try await withEngine(1200) { engine, _ in
            var filter = JobFilter()
            filter.errorType = "io"
            let few = try await engine.resolveDeadLetters(.filter(filter, limit: 7), by: .redrive)
            #expect(few == 7)
            #expect(try await engine.resolveDeadLetters(.filter(filter, limit: nil), by: .redrive) == 793)
            #expect(try await engine.resolveDeadLetters(.filter(filter, limit: nil), by: .redrive) == 0)
            #expect(try await failed(engine) == 400)
            #expect(
                try await engine.resolveDeadLetters(.filter(JobFilter(), limit: nil), by: .discard) == 400)
            #expect(try await engine.deadLetterGroups(limit: 10).groups.isEmpty)
            #expect(try await engine.queue("default").record.counts == [.pending: 800])
        }
    }

    @Test func onlyDeadLettersAmongTheIDsAreProcessed() async throws {
        try await withEngine(700) { engine, ids in
            let alive = try await engine.submit(NewJob(JobSpec(kind: "a"))).job.id
            let named = JobSelection.ids(ids + [alive, engine.newIdentifier()] + ids.prefix(3))
            #expect(try await engine.resolveDeadLetters(named, by: .redrive) == 700)
            #expect(try await engine.resolveDeadLetters(named, by: .discard) == 0)
        }
    }

    @Test func concurrentCallsProcessEachDeadLetterOnce() async throws {
        try await withEngine(1500) { engine, _ in
            let everything = JobSelection.filter(JobFilter(), limit: nil)
            async let one = engine.resolveDeadLetters(everything, by: .redrive)
            async let two = engine.resolveDeadLetters(everything, by: .discard)
            async let three = engine.resolveDeadLetters(.filter(JobFilter(), limit: 300), by: .redrive)
            for _ in 0..<20 { _ = try await engine.submit(NewJob(JobSpec(kind: "b"))) }
            let counts = try await [one, two, three]
            #expect(counts.reduce(0, +) == 1500)
            #expect(counts[2] <= 300)
            let record = try await engine.queue("default").record
            #expect(record.counts == [.pending: 20 + counts[0] + counts[2]])
        }
    }
}
