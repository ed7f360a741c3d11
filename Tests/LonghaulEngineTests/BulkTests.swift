import LonghaulCore
import Testing

@testable import LonghaulEngine

/// Operations on many jobs.
struct BulkTests {
    private func submit(_ engine: Engine, _ count: Int, kind: String) async throws -> [JobID] {
        let jobs = (0..<count).map { _ in NewJob(JobSpec(kind: kind)) }
        return try await engine.submit(NewJobBatch(jobs: jobs)).jobs.map(\.job.id)
    }

    private func states(_ engine: Engine) async throws -> [JobState: Int] {
        try await engine.queue("default").record.counts.filter { $0.value > 0 }
    }

    private func all(_ kinds: String? = nil, limit: Int? = nil, isDryRun: Bool = false) -> BulkRequest {
        var filter = JobFilter()
        filter.setKinds(kinds)
        return BulkRequest(.filter(filter, limit: limit), isDryRun: isDryRun)
    }

    @Test func aFilterSelectsTheJobsForWhichTheOperationIsPossible() async throws {
        try await withMemoryEngine { engine in
            _ = try await submit(engine, 500, kind: "mail.a")
            _ = try await submit(engine, 300, kind: "mail.b")
            _ = try await submit(engine, 200, kind: "pdf")
            let counted = try await engine.change(all("mail.*", isDryRun: true), by: .cancel)
            #expect(counted == BulkCount(count: 800, hasMore: false))
            #expect(try await states(engine) == [.pending: 1000])
            let some = try await engine.change(all("mail.*", limit: 250), by: .cancel)
            #expect(some == BulkCount(count: 250, hasMore: true))
            #expect(
                try await engine.change(all("mail.*"), by: .cancel) == BulkCount(count: 550, hasMore: false))
            #expect(
                try await engine.change(all("mail.*"), by: .cancel) == BulkCount(count: 0, hasMore: false))
            #expect(try await states(engine) == [.pending: 200, .cancelled: 800])
            #expect(
                try await engine.change(all("mail.b"), by: .retry) == BulkCount(count: 300, hasMore: false))
            #expect(try await engine.change(all(), by: .delete) == BulkCount(count: 500, hasMore: false))
            #expect(try await states(engine) == [.pending: 500])
            var filter = JobFilter()
            filter.states = [.completed]
            let none = try await engine.change(BulkRequest(.filter(filter, limit: nil)), by: .cancel)
            #expect(none == BulkCount(count: 0, hasMore: false))
        }
    }

    @Test func jobsForWhichTheOperationIsNotPossibleAreLeft() async throws {
        try await withMemoryEngine { engine in
            let ids = try await submit(engine, 300, kind: "a")
            _ = try await engine.cancel(ids[7])
            let named = JobSelection.ids(ids + [ids[0], engine.newIdentifier()])
            let counted = try await engine.change(BulkRequest(named, isDryRun: true), by: .cancel)
            #expect(counted.count == 299)
            #expect(try await engine.change(BulkRequest(named), by: .cancel).count == 299)
            #expect(try await states(engine) == [.cancelled: 300])
        }
    }

    @Test func cancellingManyJobsCancelsTheirDescendants() async throws {
        try await withMemoryEngine { engine in
            var parents: [JobID] = []
            for _ in 0..<3 { parents.append(try await engine.submit(NewJob(JobSpec(kind: "parent"))).job.id) }
            for parent in parents {
                for _ in 0..<2 {
                    var child = NewJob(JobSpec(kind: "child"))
                    child.parentID = parent
                    _ = try await engine.submit(child)
                }
            }
            #expect(try await engine.change(all("parent"), by: .cancel).count == 3)
            #expect(try await states(engine) == [.cancelled: 9])
        }
    }

    @Test func onlyCoveredJobsAreChanged() async throws {
        try await withMemoryEngine { engine in
            let own = try await submit(engine, 5, kind: "own")
            let others = try await submit(engine, 5, kind: "other")
            let grant = KeyGrant(scopes: [.admin], queues: ["*"], kinds: ["own"])
            let named = BulkRequest(.ids(own + others))
            #expect(try await engine.change(named, by: .cancel, grant: grant).count == 5)
            #expect(try await engine.change(all(), by: .retry, grant: grant).count == 5)
            #expect(try await states(engine) == [.pending: 10])
        }
    }

    @Test func theTextOfASearchSelectsJobs() async throws {
        try await withMemoryEngine { engine in
            _ = try await submit(engine, 3, kind: "needle")
            _ = try await submit(engine, 3, kind: "other")
            var filter = JobFilter()
            filter.text = "need"
            #expect(try await engine.change(BulkRequest(.filter(filter, limit: nil)), by: .cancel).count == 3)
            #expect(try await states(engine) == [.pending: 3, .cancelled: 3])
        }
    }
}
