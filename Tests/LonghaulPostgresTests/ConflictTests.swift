import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulStore
import LonghaulTestServers
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulPostgres

/// A single call meets a serialization failure or a deadlock at one of its statements, and runs again.
struct ConflictTests {
    /// Makes statements fail: each text once, one at a time.
    private final class Injector: Sendable {
        private let failed = Mutex<Set<String>>([])
        private let isArmed = Atomic(false)

        func action(_ sql: String, _ code: String) -> PostgresProxy.Action {
            guard isArmed.load(ordering: .acquiring), sql != "ROLLBACK",
                failed.withLock({ $0.insert(sql).inserted })
            else { return .pass }
            isArmed.store(false, ordering: .releasing)
            return .fail(code: code)
        }

        /// Runs a call again and again, until no statement of it is left that has not failed.
        func failEachStatement(of call: () async throws -> Void) async throws {
            failed.withLock { $0 = [] }
            repeat {
                isArmed.store(true, ordering: .releasing)
                try await call()
            } while !isArmed.exchange(false, ordering: .acquiringAndReleasing)
            #expect(failed.withLock { $0.contains("COMMIT") })
        }
    }

    @Test(arguments: ["40001", "40P01"])
    func aSingleCallThatMeetsAConflictSucceeds(code: String) async throws {
        let place = try TemporaryDatabase()
        let proxy = try PostgresProxy(to: place.server)
        defer { proxy.stop() }
        let injector = Injector()
        proxy.onStatement { injector.action($0.sql, code) }
        let store = try await place.open(through: proxy)
        try await injector.failEachStatement {
            let job = place.submission { $0.spec.kind = "kind-\($0.id)" }
            let outcomes = try await store.submit([job], allOrNothing: true)
            #expect(outcomes.count == 1)
        }
        try await injector.failEachStatement {
            #expect(try await store.claim(place.request()).count == 1)
            // The next call needs a job as well.
            _ = try await store.submit([place.submission()], allOrNothing: true)
        }
        let lease = try #require(await store.claim(place.request()).first)
        try await injector.failEachStatement {
            let answers = await store.complete([StoreCompletion(token: lease.token, result: .null)])
            let jobs = try answers.map { try $0.get() }
            #expect(jobs.map(\.state) == [.completed])
        }
        await store.close()
    }

    /// The store gives up after twenty conflicts, and says that the call can be repeated.
    @Test func callThatAlwaysMeetsAConflictIsTransient() async throws {
        let place = try TemporaryDatabase()
        let proxy = try PostgresProxy(to: place.server)
        defer { proxy.stop() }
        let store = try await place.open(through: proxy)
        proxy.onStatement { $0.sql == "COMMIT" ? .fail(code: "40001") : .pass }
        let error = await thrownError {
            _ = try await store.submit([place.submission()], allOrNothing: true)
        }
        #expect(error?.code == .unavailable)
        proxy.onStatement { _ in .pass }
        _ = try await store.submit([place.submission()], allOrNothing: true)
        #expect(try await store.queue("default")?.counts == [.pending: 1])
        await store.close()
    }

    /// A claim that is rolled back leaves its jobs where the next claim finds them.
    @Test func jobOfARejectedClaimIsClaimedLater() async throws {
        let place = try TemporaryDatabase()
        let time = ManualTime()
        let proxy = try PostgresProxy(to: place.server)
        defer { proxy.stop() }
        let store = try await place.open(time: time, through: proxy)
        let job = place.submission()
        _ = try await store.submit([job], allOrNothing: true)
        time.advance(seconds: 60)
        proxy.onStatement { $0.sql == "COMMIT" ? .fail(code: "53100") : .pass }
        // The claim reads the whole lane.
        #expect(await thrownError { _ = try await store.claim(place.request(10)) }?.code == .unavailable)
        proxy.onStatement { _ in .pass }
        #expect(try await store.claim(place.request(10)).map(\.job.id) == [job.id])
        await store.close()
    }

    /// The same for maintenance, whose positions are then older than the slack of the next round.
    @Test func dueJobOfARejectedMaintenanceIsPromotedLater() async throws {
        let place = try TemporaryDatabase()
        let time = ManualTime()
        let proxy = try PostgresProxy(to: place.server)
        defer { proxy.stop() }
        let store = try await place.open(time: time, through: proxy)
        let job = place.submission { $0.runAt = time.now().adding(seconds: 10) }
        _ = try await store.submit([job], allOrNothing: true)
        #expect(try await store.maintain(limit: 10).promoted == 0)
        time.advance(seconds: 60)
        proxy.onStatement { $0.sql == "COMMIT" ? .fail(code: "53100") : .pass }
        #expect(await thrownError { _ = try await store.maintain(limit: 10) }?.code == .unavailable)
        proxy.onStatement { _ in .pass }
        #expect(try await store.maintain(limit: 10).promoted == 1)
        await store.close()
    }

    /// Another server stores the key of a submission after this one has read that there is none.
    @Test func keyThatAnotherServerStoredAMomentBeforeIsFound() async throws {
        let place = try TemporaryDatabase()
        let proxy = try PostgresProxy(to: place.server)
        defer { proxy.stop() }
        let store = try await place.open(through: proxy)
        let first = place.submission()
        _ = try await store.submit([first], allOrNothing: true)
        let key = SubmissionKey(digest: [UInt8](repeating: 7, count: 32), lifetime: .until(.distantFuture))
        let isStored = Atomic(false)
        proxy.onStatement { statement in
            guard statement.sql.hasPrefix("INSERT INTO \(place.schema).submission_keys"),
                !isStored.exchange(true, ordering: .relaxed)
            else { return .pass }
            let digest = String(repeating: "07", count: 32)
            _ = try? place.query(
                "INSERT INTO \(place.schema).submission_keys (digest, id) VALUES ('\\x\(digest)', '\(first.id)')"
            )
            return .pass
        }
        let outcome = try await store.submit([place.submission { $0.keys = [key] }], allOrNothing: false)
            .first
        guard case .existing(let job) = outcome else {
            Issue.record("the job was not found by its key: \(String(describing: outcome))")
            return
        }
        #expect(job.id == first.id)
        #expect(try await store.queue("default")?.counts == [.pending: 1])
        await store.close()
    }
}
