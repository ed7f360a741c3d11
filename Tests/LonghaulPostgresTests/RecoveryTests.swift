import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulStore
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// A database server that stops and starts again.
struct RecoveryTests {
    @Test func acknowledgedChangesSurviveACrashOfTheDatabase() async throws {
        // The store demands durable commits, whatever the default of the database is.
        let server = try PostgresServer(settings: ["synchronous_commit=off", "wal_writer_delay=10s"])
        let place = try TemporaryDatabase(on: server)
        let store = try await place.open()
        let jobs = (0..<50).map { _ in place.submission() }
        _ = try await store.submit(jobs, allOrNothing: true)
        let leases = try await store.claim(place.request(10))
        for round in 0..<3 {
            try server.kill()
            let answers = try await retrying {
                let answers = await store.complete([
                    StoreCompletion(token: leases[round].token, result: .null)
                ])
                return try answers.map { try $0.get() }
            }
            #expect(answers.first?.state == .completed)
        }
        let counts = try await retrying { try await store.queue("default")?.counts ?? [:] }
        #expect(counts == [.pending: 40, .processing: 7, .completed: 3])
        let more = try await store.claim(place.request(100))
        #expect(more.count == 40)
        await store.close()
        server.stop()
    }

    @Test func callsFailAsTransientWhileTheDatabaseIsUnavailable() async throws {
        let server = try PostgresServer()
        let place = try TemporaryDatabase(on: server)
        let store = try await place.open()
        _ = try await store.submit([place.submission()], allOrNothing: true)
        try server.halt()
        let submitting = await thrownError {
            _ = try await store.submit([place.submission()], allOrNothing: true)
        }
        #expect(submitting?.code == .unavailable)
        #expect(submitting?.isTransient == true)
        #expect(await thrownError { _ = try await store.queues() }?.code == .unavailable)
        #expect(await thrownError { try await store.checkReady() }?.code == .unavailable)
        try server.start()
        #expect(try await retrying { try await store.claim(place.request()) }.count == 1)
        try await retrying { try await store.checkReady() }
        // It receives changes of other servers again.
        let other = try await place.open()
        let (hints, hint) = AsyncStream<Void>.makeStream()
        store.observe { if $0.changes.contains(where: { $0.queue == "again" }) { hint.yield() } }
        let answered = try await retrying {
            _ = try await other.submit([place.submission { $0.spec.queue = "again" }], allOrNothing: true)
            return try await store.claim(LeaseRequest(worker: WorkerInfo(id: "w"), queues: ["again"])).first
        }
        #expect(answered != nil)
        var iterator = hints.makeAsyncIterator()
        await iterator.next()
        await other.close()
        await store.close()
        server.stop()
    }

    @Test func silentDatabaseIsUnavailableUntilItAnswers() async throws {
        let server = try PostgresServer()
        let place = try TemporaryDatabase(on: server)
        let store = try await place.open()
        let kept = place.submission()
        _ = try await store.submit([kept], allOrNothing: true)
        try server.freeze()
        defer { try? server.thaw() }
        let began = ContinuousClock.now
        async let writing = thrownError {
            _ = try await store.submit([place.submission()], allOrNothing: true)
        }
        let reading = await thrownError { _ = try await store.queues() }
        #expect(await writing?.code == .unavailable)
        #expect(reading?.code == .unavailable)
        // The store notices it long before the statement timeout.
        #expect(ContinuousClock.now - began < .seconds(50))
        try server.thaw()
        #expect(try await retrying { try await store.job(kept.id) } != nil)
        try await retrying { try await store.checkReady() }
        await store.close()
        server.stop()
    }

    @Test func callsWaitForASlowDatabase() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        async let holding: Void = onThread {
            _ = try place.query(
                "BEGIN; LOCK TABLE \(place.schema).jobs; SELECT pg_advisory_lock(4711); SELECT pg_sleep(8); COMMIT"
            )
        }
        let isHeld = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"
        try await eventually("the table is locked") { try place.query(isHeld) != "0" }
        let answers = try await store.submit([place.submission()], allOrNothing: true)
        #expect(answers.count == 1)
        try await holding
        await store.close()
    }

    @Test func missingDatabaseIsNamedInTheError() async throws {
        let error = await thrownError {
            _ = try await PostgresStore.open(url: "postgres://user@%2Fnowhere/none")
        }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("/nowhere") == true)
    }
}
