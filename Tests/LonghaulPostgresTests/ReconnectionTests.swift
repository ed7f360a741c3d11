import LonghaulConformance
import LonghaulCore
import LonghaulStore
import LonghaulTestServers
import LonghaulTestSupport
import Testing

@testable import LonghaulPostgres

/// Two servers. Each learns of the other's jobs, in a lane that it has known to be empty for a minute.
struct ReconnectionTests {
    private let time = ManualTime()

    /// Makes both stores know the lane, which then stays empty for a minute.
    private func emptyLane(_ place: TemporaryDatabase, _ one: any JobStore, _ other: any JobStore)
        async throws
    {
        let added = Recorder<JobChange>()
        other.observe { added.add(contentsOf: $0.changes) }
        _ = try await one.submit([place.submission()], allOrNothing: true)
        try await added.wait(for: "the notification") { !$0.isEmpty }
        #expect(try await other.claim(place.request()).count == 1)
        time.advance(seconds: 60)
        #expect(try await other.claim(place.request()).isEmpty)
    }

    @Test func jobOfAnotherServerIsClaimedAfterItsNotification() async throws {
        let place = try TemporaryDatabase()
        let one = try await place.open(time: time)
        let other = try await place.open(time: time)
        try await emptyLane(place, one, other)
        let pending = Recorder<JobChange>()
        other.observe { pending.add(contentsOf: $0.changes) }
        let job = place.submission()
        _ = try await one.submit([job], allOrNothing: true)
        try await pending.wait(for: "the notification") { $0.contains { $0.jobID == job.id } }
        time.advance(seconds: 60)
        #expect(try await other.claim(place.request()).map(\.job.id) == [job.id])
        await one.close()
        await other.close()
    }

    @Test func jobOfAnotherServerIsClaimedAfterItsNotificationWasMissed() async throws {
        let place = try TemporaryDatabase()
        let proxy = try PostgresProxy(to: place.server)
        defer { proxy.stop() }
        let one = try await place.open(time: time)
        let other = try await place.open(time: time, through: proxy)
        try await emptyLane(place, one, other)
        let missed = Recorder<MissedWork>()
        let settings = Recorder<Bool>()
        other.observeMissedWork { missed.add($0) }
        other.observeSettings { settings.add(true) }

        proxy.onStatement { $0.sql.hasPrefix("LISTEN") ? .disconnect : .pass }
        proxy.disconnect { $0.hasPrefix("LISTEN") }
        let job = place.submission()
        _ = try await one.submit([job], allOrNothing: true)
        time.advance(seconds: 60)
        #expect(try await other.claim(place.request()).isEmpty)
        proxy.onStatement { _ in .pass }
        try await missed.wait(for: "the server listens again") { $0.contains(.notifications) }
        #expect(!settings.values.isEmpty)
        #expect(try await other.claim(place.request()).map(\.job.id) == [job.id])
        await one.close()
        await other.close()
    }

    /// An administrator, or a failover, ends all sessions. No call fails: each runs again on a new connection.
    @Test func callsSucceedAfterAllConnectionsWereClosed() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let job = place.submission()
        _ = try await store.submit([job], allOrNothing: true)
        #expect(try await store.job(job.id) != nil)
        try place.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(place.schema)'"
        )
        #expect(try await store.job(job.id) != nil)
        #expect(try await store.claim(place.request()).map(\.job.id) == [job.id])
        await store.close()
    }

    /// A server receives its own notifications as well.
    @Test func eachServerObservesEachChangeOnce() async throws {
        let place = try TemporaryDatabase()
        let one = try await place.open(time: time)
        let other = try await place.open(time: time)
        let observed = Recorder<JobChange>()
        one.observe { observed.add(contentsOf: $0.changes) }
        let jobs = (0..<2).map { _ in place.submission() }
        _ = try await one.submit([jobs[0]], allOrNothing: true)
        _ = try await other.submit([jobs[1]], allOrNothing: true)
        // The database delivers the notifications of both in the order of their commits.
        try await observed.wait(for: "the change of the other server") {
            $0.contains { $0.jobID == jobs[1].id }
        }
        #expect(observed.values.map(\.jobID) == jobs.map(\.id))
        await one.close()
        await other.close()
    }
}
