import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulSQLite
import LonghaulStore
import LonghaulTestSupport
import Testing

/// Moving a store from SQLite to PostgreSQL.
struct MovingTests {
    private let time = SystemTime()

    /// Jobs in every state, with errors, logs, checkpoints, files and keys.
    private func populate(_ store: any JobStore, _ place: TemporaryDatabase) async throws {
        let key = SubmissionKey(
            digest: [UInt8](repeating: 3, count: 32), fingerprint: [1], lifetime: .until(.distantFuture))
        let later = time.now().adding(seconds: 5000)
        var jobs = (0..<12).map { number in
            place.submission(bytes: number * 100 + 2) { $0.spec.tags = ["n": "\(number)"] }
        }
        jobs[0].keys = [key]
        jobs[0].spec.callbackURL = "https://a.example/"
        jobs[10].runAt = later
        jobs[11].dependsOn = [jobs[9].id]
        _ = try await store.submit(jobs, allOrNothing: true)
        let leases = try await store.claim(place.request(6))
        try await store.appendLogs(leases[0].token, [LogLine(at: time.now(), message: "one")])
        _ = try await store.putStep(leases[0].token, name: "a", output: JSONText(validated: Array("1".utf8)))
        try await store.putArtifact(
            leases[0].token,
            Artifact(
                name: "f", sizeBytes: 3, contentType: "text/plain", sha256: String(repeating: "0", count: 64),
                fence: leases[0].token.fence))
        _ = await store.complete([StoreCompletion(token: leases[0].token, result: .null)])
        let error = JobError(type: "io", message: "disk 1", retryable: false)
        _ = await store.fail([
            Failure(token: leases[1].token, error: error),
            Failure(token: leases[2].token, error: JobError(type: "io", message: "x"), retryInSeconds: 900),
        ])
        _ = await store.cancel([leases[3].token.jobID])
        try await suspend(leases[4].token, store)
    }

    /// Makes a job wait for a timer and a signal, with a consumed signal and a kept one.
    private func suspend(_ token: LeaseToken, _ store: any JobStore) async throws {
        for name in ["early", "kept"] {
            let signal = Signal(name: name, key: [UInt8](repeating: name.utf8.first ?? 0, count: 32))
            _ = try await store.signal(token.jobID, signal)
        }
        var updates = [("a", OperationType.signal, "early"), ("b", .timer, "sleep"), ("c", .signal, "late")]
            .map {
                OperationUpdate(.start, $0.1, id: $0.0, name: $0.2)
            }
        updates[1].options.seconds = 900
        _ = try await store.updateJournal(token, updates.map { StoreOperationUpdate($0) })
        guard case .suspended = try await store.suspend(token, on: ["b", "c"]) else {
            throw TestFailure("the job is not suspended")
        }
    }

    @Test func migrationMovesAllData() async throws {
        let place = try TemporaryDatabase()
        let folder = try TemporaryFolder()
        let from = try SQLiteStore.openDriver(path: folder.file("jobs.db"))
        try await populate(from, place)
        let to = try await place.open()
        #expect(try await to.driver.isEmpty())
        var next: Int64? = -1
        while let after = next {
            let page = try await from.driver.movedJobs(after: after, limit: 5)
            if !page.jobs.isEmpty { try await to.driver.insert(page.jobs) }
            next = page.place
        }
        #expect(try await !to.driver.isEmpty())
        let before = try await from.jobs(JobFilter(), after: nil, limit: 50).jobs
        #expect(try await to.jobs(JobFilter(), after: nil, limit: 50).jobs == before)
        #expect(before.count == 12)
        let source = AuditSource(caller: "tests")
        let key = try await AuditSource.$current.withValue(source) {
            try await from.createKey(
                APIKey(
                    id: "0123456789abcdef", name: "a", grant: KeyGrant(scopes: [.work], queues: ["q*"]),
                    digest: [1, 2], createdAt: time.now(), createdBy: "tests", expiresAt: .distantFuture))
        }
        let list = try #require(try await from.keys(unlessVersion: nil))
        try await to.driver.insert(list)
        let audit = try await from.auditRecords(AuditFilter(), before: nil, limit: 10)
        #expect(audit.records.count == 1)
        try await to.driver.insert(audit.records)
        try await to.driver.setAuditChain(audit.chain)
        #expect(try await to.auditRecords(AuditFilter(), before: nil, limit: 10) == audit)
        let moved = try #require(try await to.keys(unlessVersion: nil))
        #expect(moved.keys == [key])
        #expect(moved.sessionSecret == list.sessionSecret)
        for job in before {
            #expect(try await to.history(job.id, afterVersion: 0) == from.history(job.id, afterVersion: 0))
            #expect(
                try await to.logs(job.id, after: 0, limit: 9) == from.logs(job.id, after: 0, limit: 9))
            #expect(
                try await to.journal(of: job.id, after: 0, limit: 9)
                    == from.journal(of: job.id, after: 0, limit: 9))
            let filter = WebhookDeliveryFilter(jobID: job.id)
            let deliveries = try await from.deliveries(filter, after: nil, limit: 9)
            #expect(try await to.deliveries(filter, after: nil, limit: 9) == deliveries)
            #expect(deliveries.deliveries.count == (job.spec.callbackURL == nil ? 0 : 1))
        }
        #expect(try await to.queue("default")?.counts == from.queue("default")?.counts)
        let groups = try await from.deadLetterGroups(DeadLetterGroupFilter(), after: nil, limit: 9)
        #expect(try await to.deadLetterGroups(DeadLetterGroupFilter(), after: nil, limit: 9) == groups)
        try await expectContinuedWork(to, place, before)
        try await expectSignals(to, before)
        await from.close()
        await to.close()
    }

    @Test func migrationMovesStateMachines() async throws {
        let place = try TemporaryDatabase()
        let folder = try TemporaryFolder()
        let from = try SQLiteStore.openDriver(path: folder.file("jobs.db"))
        try await place.expectExecution(in: from)
        let machines = (0..<7).map { RecordWrite(RecordKey(.machine, "m\($0)"), .null) }
        for _ in 0..<2 { _ = try await from.write(machines, starting: nil) }
        let to = try await place.open()
        var moved: [KeyedRecord] = []
        while true {
            let page = try await from.driver.movedRecords(after: moved.last?.key, limit: 3)
            if page.isEmpty { break }
            try await to.driver.insert(page)
            moved += page
        }
        #expect(moved.count == 10)
        #expect(try await !to.driver.isEmpty())
        for record in moved { #expect(try await to.record(record.key) == record) }
        #expect(try await to.record(RecordKey(.machine, "m6"))?.revision == 2)
        await from.close()
        await to.close()
    }

    /// Signals keep their keys after the move, and wake jobs.
    private func expectSignals(_ store: any JobStore, _ jobs: [Job]) async throws {
        let suspended = try #require(jobs.first { $0.state == .suspended })
        #expect(suspended.operationCount == 3)
        let repeated = Signal(name: "kept", key: [UInt8](repeating: 107, count: 32))
        #expect(try await !store.signal(suspended.id, repeated))
        #expect(try await store.job(suspended.id)?.state == .suspended)
        #expect(try await store.signal(suspended.id, Signal(name: "late")))
        #expect(try await store.job(suspended.id)?.state == .pending)
    }

    /// Work continues after the move: leases and keys are valid, and dependents wait.
    private func expectContinuedWork(_ store: any JobStore, _ place: TemporaryDatabase, _ jobs: [Job])
        async throws
    {
        let key = SubmissionKey(
            digest: [UInt8](repeating: 3, count: 32), fingerprint: [1], lifetime: .until(.distantFuture))
        let again = try await store.submit([place.submission { $0.keys = [key] }], allOrNothing: false)
        guard case .existing = again.first else { throw LonghaulError(.internal, "the key was forgotten") }
        let leases = try await store.claim(place.request(50))
        #expect(leases.count == 4)
        let blocked = try #require(jobs.first { $0.state == .blocked })
        let answers = await store.complete(leases.map { StoreCompletion(token: $0.token, result: .null) })
        for answer in answers { _ = try answer.get() }
        #expect(try await store.job(blocked.id)?.state == .pending)
    }
}
