import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulStore
import LonghaulTestServers
import Testing

/// Submissions in SQL, in a transaction of the user.
struct SubmitFunctionTests {
    @Test func theJobCommitsOrRollsBackWithTheTransaction() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        try place.query("BEGIN; SELECT \(place.schema).submit('gone'); ROLLBACK")
        let text = try place.query(
            """
            BEGIN; SELECT \(place.schema).submit('mail.send', '{"to": "a@example.com", "n": 1.50}',
            queue => 'mail', priority => 7, tags => '{"customer": "acme"}', actor => 'eve',
            max_attempts => 2, timeout_seconds => 12.5); COMMIT
            """)
        let id = try #require(JobID(text))
        let before = try #require(await store.job(id))
        #expect(before.state == .scheduled)
        #expect(try await store.maintain(limit: 10).promoted == 1)
        let lease = try #require(
            await store.claim(LeaseRequest(worker: WorkerInfo(id: "w"), queues: ["mail"])).first)
        #expect(lease.job.id == id)
        #expect(lease.job.spec.payload.description == #"{"to": "a@example.com", "n": 1.50}"#)
        #expect(lease.job.spec.priority == 7)
        #expect(lease.job.spec.tags == ["customer": "acme"])
        #expect(lease.job.spec.actor == "eve")
        #expect(lease.job.spec.maxAttempts == 2)
        #expect(lease.job.spec.timeoutSeconds == 12.5)
        let answers = await store.complete([StoreCompletion(token: lease.token, result: .null)])
        #expect(try answers.first?.get().state == .completed)
        #expect(try await store.queues().map(\.name) == ["mail"])
        #expect(try await store.queue("mail")?.counts == [.completed: 1])
        let history = try #require(await store.history(id, afterVersion: 0))
        #expect(history.map(\.state) == [.scheduled, .pending, .processing, .completed])
        var filter = JobFilter()
        filter.tags = ["customer": "acme"]
        #expect(try await store.jobs(filter, after: nil, limit: 5).jobs.map(\.id) == [id])
        await store.close()
    }

    @Test func serverIsNotifiedAtTheCommit() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let (changes, tell) = AsyncStream<JobChange>.makeStream()
        store.observe { for change in $0.changes { tell.yield(change) } }
        let id = try #require(JobID(try place.query("SELECT \(place.schema).submit('work')")))
        var iterator = changes.makeAsyncIterator()
        let change = try #require(await iterator.next())
        #expect(change.jobID == id)
        #expect(change.state == .scheduled)
        #expect(change.version == 1)
        await store.close()
    }

    @Test func aKeyCreatesOneJob() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let submit = "SELECT \(place.schema).submit('work', idempotency_key => 'k')"
        #expect(try place.query(submit) == place.query(submit))
        #expect(try await store.queue("default") == nil)
        #expect(try await store.maintain(limit: 10).promoted == 1)
        #expect(try await store.queue("default")?.counts == [.pending: 1])
        await store.close()
    }

    @Test func openTransactionDelaysOnlyCallersOfItsKey() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let digest = try place.query("SELECT encode(\(place.schema).key_digest(session_user, 'k'), 'hex')")
        let bytes = stride(from: 0, to: 64, by: 2).compactMap {
            UInt8(digest.dropFirst($0).prefix(2), radix: 16)
        }
        let open = try place.server.begin("SELECT \(place.schema).submit('work', idempotency_key => 'k')")
        let keyed = place.submission {
            $0.keys = [SubmissionKey(digest: bytes, lifetime: .until(.distantFuture))]
        }
        async let refused = thrownError { _ = try await store.submit([keyed], allOrNothing: true) }
        for _ in 0..<20 { _ = try await store.submit([place.submission()], allOrNothing: true) }
        let error = await refused
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("another transaction") == true)
        try open.end()
        _ = try await store.submit([keyed], allOrNothing: true)
        #expect(try await store.queue("default")?.counts == [.pending: 21])
        await store.close()
    }

    @Test(arguments: [
        "'bad kind'", "'longhaul.execution'", "'work', queue => 'a b'", "'work', priority => 10",
        "'work', max_attempts => 0",
        "'work', timeout_seconds => 0", "'work', tags => '[1]'", "'work', tags => '{\"a\": 1}'",
        "'work', ('\"' || repeat('x', 262144) || '\"')::json", "'work', caller => 'admin'",
        "'work', (repeat('[', 33) || repeat(']', 33))::json",
        "'work', '{\"a\": 1, \"b\": {\"c\": 1, \"\\u0063\": 2}}'",
        "'work', '\"\\ud800\"'", "'work', '{\"\\udc00\": 1}'", "'work', actor => ''",
        "'work', idempotency_key => repeat('k', 256)", "'work', tags => '{\"\": \"x\"}'",
        "'work', tags => (SELECT jsonb_object_agg(n::text, 'x') FROM generate_series(1, 51) n)",
        "'work', tags => jsonb_build_object('a', repeat('x', 501))", "'work', timeout_seconds => 'NaN'",
        "'work', timeout_seconds => 315360001", "'work', run_at => 'infinity'",
        "'work', expires_at => 'infinity'",
        "'work', expires_at => now() - interval '1 s'", "'work', queue => NULL", "'work', priority => NULL",
        "'work', run_at => now() + interval '2 h', expires_at => now() + interval '1 h'",
    ])
    func invalidValuesAreRejected(_ arguments: String) async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        #expect(throws: ServerFailure.self) {
            try place.query("SELECT \(place.schema).submit(\(arguments))")
        }
        #expect(try await store.jobs(JobFilter(), after: nil, limit: 5).jobs.isEmpty)
        await store.close()
    }

    @Test func submitRefusesAQueueBeyondTheMaximumNumber() async throws {
        let place = try TemporaryDatabase()
        // Maintenance writes the setting in each round instead of once a minute.
        let store = try await place.open(laneSeconds: 0)
        var limits = StoreLimits()
        limits.maxQueues = 3
        store.configure(limits)
        for queue in ["queue-1", "queue-7"] { _ = try await store.setQueue(queue, QueueSettings()) }
        _ = try await store.maintain(limit: 10)
        try place.query("SELECT \(place.schema).submit('work', queue => 'last')")
        let error = #expect(throws: ServerFailure.self) {
            try place.query("SELECT \(place.schema).submit('work', queue => 'another')")
        }
        #expect(error?.description.contains("system_busy") == true)
        try place.query("SELECT \(place.schema).submit('work', queue => 'last')")
        try place.query("SELECT \(place.schema).submit('work', queue => 'queue-7')")
        limits.maxQueues = nil
        store.configure(limits)
        _ = try await store.maintain(limit: 10)
        try place.query("SELECT \(place.schema).submit('work', queue => 'another')")
        await store.close()
    }

    @Test func aFullQueueIsRefused() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        _ = try await store.setQueue("default", QueueSettings(maxDepth: 1))
        try place.query("SELECT \(place.schema).submit('work')")
        _ = try await store.maintain(limit: 10)
        let error = #expect(throws: ServerFailure.self) {
            try place.query("SELECT \(place.schema).submit('work')")
        }
        #expect(error?.description.contains("system_busy") == true)
        await store.close()
    }
}
