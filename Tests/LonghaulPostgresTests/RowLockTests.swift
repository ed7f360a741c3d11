import LonghaulConformance
import LonghaulCore
import LonghaulStore
import LonghaulTestServers
import LonghaulTestSupport
import Testing

@testable import LonghaulPostgres

/// Another session has locked the row of a job and rolls back, which no change announces.
struct RowLockTests {
    private let time = ManualTime()

    /// A lock on the row of a job.
    private func lock(_ job: Submission, _ place: TemporaryDatabase) throws -> PostgresServer.OpenTransaction
    {
        try place.server.begin("SELECT FROM \(place.schema).jobs WHERE id = '\(job.id)' FOR UPDATE")
    }

    /// For five seconds, a claim reads a lane again also if it seems to be empty. The job is older.
    @Test func oldJobIsClaimedAfterItsLockIsReleased() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open(time: time)
        let missed = Recorder<MissedWork>()
        store.observeMissedWork { missed.add($0) }
        let jobs = (0..<3).map { _ in place.submission() }
        _ = try await store.submit(jobs, allOrNothing: true)
        time.advance(seconds: 60)
        let lock = try lock(jobs[1], place)
        #expect(try await store.claim(place.request(3)).map(\.job.id) == [jobs[0].id, jobs[2].id])
        #expect(try await store.claim(place.request(3)).isEmpty)
        try await missed.wait(for: "the locked job is reported") {
            $0.contains(.lockedJobs(queues: ["default"]))
        }
        try lock.end()
        #expect(try await store.claim(place.request(3)).map(\.job.id) == [jobs[1].id])
        await store.close()
    }

    /// Consecutive rounds of maintenance read the last fifteen seconds of the agenda. The job is due for longer.
    @Test func dueJobIsPromotedAfterItsLockIsReleased() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open(time: time)
        let job = place.submission { $0.runAt = time.now().adding(seconds: 10) }
        _ = try await store.submit([job], allOrNothing: true)
        #expect(try await store.maintain(limit: 10).promoted == 0)
        time.advance(seconds: 11)
        let lock = try lock(job, place)
        for _ in 0..<3 {
            let round = try await store.maintain(limit: 10)
            #expect(round.promoted == 0 && round.locked == 1)
            // The next round begins after a pause.
            #expect(!round.hasMore)
            #expect(round.nextAt.map { $0 > time.now() && $0 < time.now().adding(seconds: 2) } == true)
            time.advance(seconds: 20)
        }
        try lock.end()
        #expect(try await store.maintain(limit: 10).promoted == 1)
        await store.close()
    }

    @Test func expiredLeaseEndsAfterItsLockIsReleased() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open(time: time)
        let job = place.submission()
        _ = try await store.submit([job], allOrNothing: true)
        #expect(try await store.claim(place.request()).count == 1)
        let lock = try lock(job, place)
        for _ in 0..<400 {
            time.advance(seconds: 0.5)
            _ = try await store.recordActivity()
        }
        #expect(try await store.maintain(limit: 10).expiredLeases == 0)
        try lock.end()
        #expect(try await store.maintain(limit: 10).expiredLeases == 1)
        await store.close()
    }
}
