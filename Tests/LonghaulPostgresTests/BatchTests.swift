import LonghaulConcurrency
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulStore
import LonghaulTestSupport
import Testing

@testable import LonghaulPostgres

/// Calls that share a transaction see the changes of earlier calls in it.
struct BatchTests {
    @Test func aQueueThatIsDeletedAndUsedInOneTransactionIsShown() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        _ = try await store.setQueue("mail", QueueSettings(paused: true))
        let job = place.submission { $0.spec.queue = "mail" }
        let deleted = try await store.driver.transact(WritePlan()) { transaction in
            let deleted = try transaction.deleteQueue("mail")
            _ = try transaction.submit([job], allOrNothing: true)
            return deleted
        }
        #expect(deleted)
        let queue = try #require(try await store.queue("mail"))
        #expect(queue.counts == [.pending: 1])
        #expect(!queue.settings.paused)
        #expect(
            try await store.claim(LeaseRequest(worker: WorkerInfo(id: "w"), queues: ["mail"])).map(\.job.id)
                == [job.id])
        await store.close()
    }

    @Test func aQueueIsDeletedOncePerTransaction() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        _ = try await store.setQueue("mail", QueueSettings(paused: true))
        let answers = try await store.driver.transact(WritePlan()) { transaction in
            [try transaction.deleteQueue("mail"), try transaction.deleteQueue("mail")]
        }
        #expect(answers == [true, false])
        #expect(try await store.queue("mail") == nil)
        await store.close()
    }

    @Test func anArtifactThatIsReplacedCountsOnce() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        var limits = StoreLimits()
        limits.attachments.artifacts = 2
        limits.attachments.artifactBytes = 100
        store.configure(limits)
        _ = try await store.submit([place.submission()], allOrNothing: true)
        let token = try #require(try await store.claim(place.request()).first).token
        func file(_ name: String, _ size: Int64) -> Artifact {
            Artifact(name: name, sizeBytes: size, contentType: "text/plain", sha256: "", fence: token.fence)
        }
        let (a, b) = (file("a", 60), file("b", 40))
        try await store.driver.transact(WritePlan()) { try $0.putArtifact(token, a) }
        try await store.driver.transact(WritePlan()) { transaction in
            for artifact in [a, b, a, b, b] { try transaction.putArtifact(token, artifact) }
        }
        let c = file("c", 1)
        await #expect(throws: LonghaulError.self) {
            try await store.driver.transact(WritePlan()) { transaction in
                try transaction.putArtifact(token, b)
                try transaction.putArtifact(token, c)
            }
        }
        await store.close()
    }

    @Test func aDependencyThatIsAddedTwiceIsResolvedOnce() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let first = place.submission()
        let dependent = place.submission { $0.dependsOn = [first.id] }
        _ = try await store.submit([first, dependent], allOrNothing: true)
        let resolved = try await store.driver.transact(WritePlan()) { transaction in
            let row = try #require(try transaction.row(dependent.id))
            let other = try #require(try transaction.row(first.id))
            for _ in 0..<2 { transaction.addDependency(of: row, on: other) }
            var resolved = 0
            try transaction.resolveDependents(of: other) { _ in resolved += 1 }
            return resolved
        }
        #expect(resolved == 1)
        await store.close()
    }

    /// A database that rejects writes, and accepts read-only transactions.
    @Test func workersKeepTheirLeasesWhileTheDatabaseRejectsWrites() async throws {
        let place = try TemporaryDatabase()
        let time = ManualTime()
        let store = try await place.open(time: time)
        _ = try await store.submit([place.submission()], allOrNothing: true)
        var request = place.request()
        request.leaseSeconds = 30
        let token = try #require(try await store.claim(request).first).token
        try place.query(
            """
            CREATE FUNCTION \(place.schema).fail() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$
            """)
        try place.query(
            "CREATE TRIGGER fail BEFORE UPDATE ON \(place.schema).jobs EXECUTE FUNCTION \(place.schema).fail()"
        )
        for _ in 0..<100 {
            time.advance(seconds: 0.5)
            await #expect(throws: LonghaulError.self) {
                _ = try await store.heartbeat(
                    Heartbeat(workerID: "w1", beats: [Heartbeat.Beat(token: token)]))
            }
            _ = try await store.recordActivity()
        }
        try place.query("DROP TRIGGER fail ON \(place.schema).jobs")
        #expect(try await store.maintain(limit: 10).expiredLeases == 0)
        _ = try await store.heartbeat(Heartbeat(workerID: "w1", beats: [Heartbeat.Beat(token: token)]))
        #expect(try await store.job(token.jobID)?.state == .processing)
        #expect(try await store.recordActivity().count == 1)
        await store.close()
    }

    /// A call that runs an invalid statement, or none.
    private final class StatementCall: Call, Sendable {
        let weight = 1
        let outcome = Recorder<LonghaulError?>()
        private let isInvalid: Bool

        init(isInvalid: Bool) {
            self.isInvalid = isInvalid
        }

        func run(in transaction: Transaction) throws {
            if isInvalid { try transaction.connection.run(Request(Query(once: "SELECT 1 / 0"))) }
        }

        func answer() { outcome.add(nil) }
        func fail(_ error: LonghaulError) { outcome.add(error) }
    }

    /// PostgreSQL aborts the transaction that the calls share.
    @Test func anErrorOfOneCallFailsNoOtherCallOfItsTransaction() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let calls = [false, true, false].map { StatementCall(isInvalid: $0) }
        // The calls arrive while the writer's thread runs this one, so it receives them together.
        try await store.driver.transact(WritePlan()) { [writer = store.driver.writer] _ in
            for call in calls { writer.inbox.put(WriteCall(call: call, plan: WritePlan())) }
        }
        for call in calls { try await call.outcome.wait(for: "the answer") { !$0.isEmpty } }
        #expect(calls.map { $0.outcome.values.first??.code } == [nil, .internal, nil])
        await store.close()
    }
}
