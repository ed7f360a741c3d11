import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulStore
import LonghaulTestSupport
import Testing

@testable import LonghaulPostgres

/// Journals in transactions that several calls share, and between servers.
struct JournalTests {
    private func json(_ text: String) -> JSONText { JSONText(validated: Array(text.utf8)) }

    private func update(
        _ action: OperationUpdate.Action, _ type: OperationType, _ id: String,
        _ change: (inout OperationUpdate) -> Void = { _ in }
    ) -> StoreOperationUpdate {
        var update = OperationUpdate(action, type, id: id, name: type.rawValue)
        change(&update)
        return StoreOperationUpdate(update)
    }

    /// Submits and leases a job.
    private func lease(_ place: TemporaryDatabase, _ store: any JobStore, kind: String = "durable")
        async throws
        -> LeaseToken
    {
        _ = try await store.submit([place.submission { $0.spec.kind = kind }], allOrNothing: true)
        var request = place.request()
        request.kinds = [kind]
        return try #require(try await store.claim(request).first).token
    }

    private func operations(_ token: LeaseToken, _ store: any JobStore) async throws -> [JournalOperation] {
        try #require(try await store.journal(of: token.jobID, after: 0, limit: 1000)).operations
    }

    /// The counts of rows in the tables of journals.
    private func rows(_ place: TemporaryDatabase) throws -> String {
        try place.query(
            """
            SELECT (SELECT count(*) FROM \(place.schema).operations) || ' '
            || (SELECT count(*) FROM \(place.schema).signals)
            """
        ).filter { !$0.isNewline }
    }

    @Test func callsOfOneTransactionSeeTheOperationsOfEarlierOnes() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let token = try await lease(place, store)
        let updates = [
            [update(.start, .step, "a"), update(.start, .signal, "s")],
            [update(.succeed, .step, "a") { $0.output = json("1") }, update(.start, .step, "b")],
        ]
        try await store.driver.transact(WritePlan()) { transaction in
            for updates in updates { _ = try transaction.updateJournal(token, updates).get() }
            _ = try transaction.signal(token.jobID, Signal(name: "signal", value: json("2")))
            #expect(try transaction.suspend(token, on: ["s"]) == .ready(["s"]))
        }
        let found = try await operations(token, store)
        #expect(found.map(\.id) == ["a", "s", "b"])
        #expect(found.map(\.number) == [1, 2, 3])
        #expect(found.map(\.status) == [.succeeded, .succeeded, .started])
        #expect(found.map(\.output) == [json("1"), json("2"), nil])
        #expect(try rows(place) == "3 1")
        await store.close()
    }

    /// PostgreSQL makes its plans when journals are short: in a new table, or after a sample of jobs with one operation.
    @Test(arguments: [0, 5000]) func anUpdateReadsOnlyItsOperations(shortJournals: Int) async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        try place.query(
            """
            INSERT INTO \(place.schema).operations
            (id, number, started_at, secret, weight, attempt, operation_id, type, name, status)
            SELECT gen_random_uuid(), 1, 0, 0, 0, 1, 'step/' || n, 'step', 'step', 'started'
            FROM generate_series(1, \(shortJournals)) n
            """)
        if shortJournals > 0 { try place.query("ANALYZE \(place.schema).operations") }
        let token = try await lease(place, store)
        _ = try await store.updateJournal(token, [update(.start, .step, "first")])
        _ = try await store.updateJournal(token, [update(.succeed, .step, "first")])
        for batch in 0..<4 {
            let starts = (0..<250).map { update(.start, .step, "step/\(batch * 250 + $0)") }
            _ = try await store.updateJournal(token, starts)
        }
        let change = update(.succeed, .step, "step/999")
        let reads = Query(
            once: """
                SELECT idx_tup_fetch FROM pg_stat_xact_user_tables
                WHERE schemaname = '\(place.schema)' AND relname = 'operations'
                """)
        try await store.driver.transact(WritePlan()) { transaction in
            _ = try transaction.updateJournal(token, [change]).get()
            _ = try transaction.operation(of: try #require(try transaction.row(token.jobID)), number: 500)
            try transaction.connection.run(JournalWriting.requests(Array(transaction.entries.values)))
            var row = try transaction.connection.run(Request(reads)).first
            let count = row?.int() ?? 0
            // The numbers can include those of the transactions before.
            #expect(count > 0)
            #expect(count < 100)
        }
        await store.close()
    }

    @Test func aRefusedCallChangesNoOperationOfEarlierCalls() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let token = try await lease(place, store)
        let child = place.submission()
        let start = update(.start, .step, "a")
        let refused = [
            update(.succeed, .step, "a"), update(.start, .signal, "s"),
            StoreOperationUpdate(OperationUpdate(.start, .job, id: "c", name: "job"), submission: child),
            update(.succeed, .step, "missing"),
        ]
        _ = try await store.signal(token.jobID, Signal(name: "signal"))
        try await store.driver.transact(WritePlan()) { transaction in
            _ = try transaction.updateJournal(token, [start]).get()
            #expect(throws: LonghaulError.self) { try transaction.updateJournal(token, refused).get() }
        }
        #expect(try await operations(token, store).map(\.status) == [.started])
        #expect(try await store.job(child.id) == nil)
        // The signal was kept again.
        let answer = try await store.updateJournal(token, [update(.start, .signal, "s")])
        #expect(answer.map(\.status) == [.succeeded])
        #expect(try await store.job(token.jobID)?.operationCount == 2)
        await store.close()
    }

    /// The second journal uses the numbers, and an identifier, of the removed one.
    @Test func aJournalIsReplacedInOneTransaction() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let token = try await lease(place, store)
        for number in 0..<3 {
            _ = try await store.signal(token.jobID, Signal(name: "signal", value: json("\(number)")))
        }
        _ = try await store.updateJournal(
            token, [update(.start, .signal, "0"), update(.start, .signal, "1"), update(.start, .step, "2")])
        let (payload, next) = (json("[2]"), update(.start, .signal, "1"))
        let second = try await store.driver.transact(WritePlan()) { transaction in
            _ = try transaction.continueAsNew(token, payload: payload)
            let second = try #require(try transaction.claim([token.jobID], for: place.request()).first)
            #expect(second.journal.operations.isEmpty)
            #expect(second.job.spec.payload == payload)
            _ = try transaction.updateJournal(second.token, [next]).get()
            return second.token
        }
        let found = try await operations(second, store)
        #expect(found.map(\.id) == ["1"] && found.map(\.number) == [1])
        #expect(found.map(\.output) == [json("2")])
        #expect(try await store.job(token.jobID)?.spec.payload == payload)
        #expect(try rows(place) == "1 1")
        await store.close()
    }

    @Test func aRestartKeepsTheSignalsOfRemovedOperations() async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let token = try await lease(place, store)
        for number in 0..<2 {
            _ = try await store.signal(token.jobID, Signal(name: "signal", value: json("\(number)")))
        }
        _ = try await store.updateJournal(
            token,
            [
                update(.start, .signal, "0"), update(.start, .signal, "1"),
                update(.start, .timer, "t") { $0.options.seconds = 900 },
            ])
        guard case .suspended = try await store.suspend(token, on: ["t"]) else {
            throw TestFailure("the job is not suspended")
        }
        let again = update(.start, .signal, "again")
        let lease = try await store.driver.transact(WritePlan()) { transaction in
            _ = try transaction.restart(token.jobID, from: "1")
            let lease = try #require(try transaction.claim([token.jobID], for: place.request()).first)
            _ = try transaction.updateJournal(lease.token, [again]).get()
            return lease
        }
        #expect(lease.journal.operations.map(\.id) == ["0"])
        #expect(try await operations(token, store).map(\.output) == [json("0"), json("1")])
        await store.close()
    }

    /// A job is removed with any number of log lines and operations, however few one round removes.
    @Test func retentionRemovesAJobWithALongLogAndAJournal() async throws {
        let place = try TemporaryDatabase()
        let time = ManualTime()
        let store = try await place.open(time: time)
        let token = try await lease(place, store)
        let line = LogLine(at: time.now(), message: "x")
        for _ in 0..<3 {
            try await store.appendLogs(token, [LogLine](repeating: line, count: 7000))
        }
        _ = try await store.updateJournal(token, [update(.start, .step, "a")])
        _ = try await store.signal(token.jobID, Signal(name: "other"))
        _ = try await store.complete([StoreCompletion(token: token, result: .null)])[0].get()
        #expect(try rows(place) == "1 1")
        time.advance(seconds: 400 * 86_400)
        #expect(try await store.maintain(limit: 10).purged == [token.jobID])
        #expect(try rows(place) == "0 0")
        await store.close()
    }

    /// The second server has looked at times later than the one at which the job is woken.
    @Test func aServerWakesTheSuspendedJobsOfAnotherOne() async throws {
        let place = try TemporaryDatabase()
        let time = ManualTime()
        let one = try await place.open(time: time)
        let other = try await place.open(time: time)
        let token = try await lease(place, one)
        _ = try await one.updateJournal(token, [update(.start, .timer, "t") { $0.options.seconds = 1 }])
        time.advance(seconds: 0.5)
        let observed = Recorder<JobChange>()
        other.observe { batch in for change in batch.changes { observed.add(change) } }
        guard case .suspended = try await one.suspend(token, on: ["t"]) else {
            throw TestFailure("the job is not suspended")
        }
        try await observed.wait(for: "the suspension") { $0.contains { $0.state == .suspended } }
        time.advance(seconds: 1)
        _ = try await other.maintain(limit: 10)
        #expect(try await other.claim(place.request()).map(\.token.jobID) == [token.jobID])
        try await observed.wait(for: "the wake-up") {
            $0.contains { $0.state == .pending && $0.previous == .suspended }
        }
        await one.close()
        await other.close()
    }

    @Test func theTimeOfARemoteSuspensionIsPlanned() {
        let now = Timestamp(milliseconds: 1_764_000_000_000)
        func change(runAt: Timestamp) -> JobChange {
            JobChange(
                jobID: JobID(high: 1, low: 1), queue: "q", kind: "k", state: .suspended,
                previous: .processing,
                attempt: 0, version: 3, at: now, runAt: runAt)
        }
        let changes = RemoteChanges()
        changes.add([change(runAt: now)])
        #expect(changes.takeNextDue() == nil)
        changes.add([change(runAt: now.adding(seconds: 9)), change(runAt: now.adding(seconds: 5))])
        #expect(changes.takeNextDue() == now.adding(seconds: 5))
    }

    /// Children of the same parents end at two servers, while the parents change their journals.
    @Test func childrenThatEndAtTwoServersWakeTheirParents() async throws {
        let place = try TemporaryDatabase()
        let stores = [try await place.open(), try await place.open()]
        var children: [LeaseToken] = []
        var parents: [LeaseToken] = []
        for _ in 0..<8 {
            let parent = try await lease(place, stores[0])
            parents.append(parent)
            let starts = (0..<8).map { number in
                StoreOperationUpdate(
                    OperationUpdate(.start, .job, id: "\(number)", name: "job"),
                    submission: place.submission { $0.spec.kind = "child" })
            }
            _ = try await stores[0].updateJournal(parent, starts)
        }
        var request = place.request(64)
        request.kinds = ["child"]
        while children.count < 64 {
            children += try await stores[children.count % 2].claim(request).map(\.token)
        }
        children.shuffle()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, child) in children.enumerated() {
                let store = stores[number % 2]
                let parent = parents[number % parents.count]
                group.addTask {
                    _ = try await store.complete([StoreCompletion(token: child, result: .null)])[0].get()
                }
                group.addTask {
                    _ = try await store.updateJournal(parent, [self.update(.start, .step, "step \(number)")])
                }
            }
            try await group.waitForAll()
        }
        for parent in parents {
            let found = try await operations(parent, stores[0])
            #expect(found.filter { $0.type == .job }.map(\.status) == Array(repeating: .succeeded, count: 8))
            #expect(found.count == 16)
            #expect(try await stores[1].suspend(parent, on: ["0"]) == .ready(["0"]))
        }
        for store in stores { await store.close() }
    }
}
