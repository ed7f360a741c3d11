import CSQLite
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulStore
import LonghaulTestSupport
import Testing

@testable import LonghaulSQLite

/// Stores of earlier versions are migrated with their rows intact.
struct MigrationTests {
    private let place: TemporaryStore
    private let time = ManualTime()
    private var path: String { place.folder + "/old.db" }

    init() throws {
        place = try TemporaryStore()
    }

    /// A job, as version 1 stores it.
    private struct OldJob {
        var id: JobID
        var state: JobState
        var queue = "mail"
        var priority = 5
        /// The error of a job that failed.
        var message = "code 451"
        /// The job that it waits for.
        var dependency: JobID?
        var isAwaited = false
        /// The names of its checkpoints.
        var steps: [String] = []

        var seq: Int64 { JobSequence.base(of: id) }

        func sql(at now: Timestamp) -> String {
            let past = now.adding(seconds: -60).milliseconds
            let next = now.adding(seconds: 60).milliseconds
            let hasStarted = [.processing, .retrying, .completed, .failed].contains(state)
            var history = JobHistory()
            for state in [.pending] + (state == .pending ? [] : [state]) {
                let moment = Timestamp(milliseconds: past)
                history.append(.init(state: state, attempt: hasStarted ? 1 : 0, at: moment, runAt: moment))
            }
            func value<Number>(_ number: Number, if condition: Bool) -> String {
                condition ? "\(number)" : "NULL"
            }
            let waits = state == .scheduled || state == .retrying
            let columns: [(name: String, value: String)] = [
                ("seq", "\(seq)"), ("id", "x'\(SHA256.hexadecimal(id.bytes))'"), ("state", "\(state.code)"),
                ("queue", "'\(queue)'"), ("kind", "'send'"), ("priority", "\(priority)"),
                ("attempt", hasStarted ? "1" : "0"), ("max_attempts", "4"), ("fence", hasStarted ? "1" : "0"),
                ("fence_base", "0"), ("secret", "7"), ("worker_id", state == .processing ? "'w'" : "NULL"),
                ("worker_name", state == .processing ? "'w'" : "NULL"), ("lease_ms", "30000"),
                ("lease_expires_at", value(next, if: state == .processing)), ("created_at", "\(past)"),
                ("run_at", "\(waits ? next : past)"), ("started_at", value(past, if: hasStarted)),
                ("finished_at", value(past, if: state.isFinal)),
                ("purge_at", value(Int64(9_000_000_000_000), if: state.isFinal)),
                ("depends_on", dependency.map { "x'\(SHA256.hexadecimal($0.bytes))'" } ?? "NULL"),
                ("waiting_on", dependency == nil ? "0" : "1"), ("is_awaited", isAwaited ? "1" : "0"),
                ("artifact_fence", "0"),
                ("fault_version", state == .failed || state == .retrying ? "2" : "0"),
                ("history", "x'\(SHA256.hexadecimal(history.bytes))'"), ("caller", "'tests'"),
                ("retention_seconds", "604800"), ("on_dependency_failure", "0"), ("payload", "x'7b7d'"),
                ("result", state == .completed ? "x'31'" : "NULL"),
            ]
            var text = "INSERT INTO jobs (\(columns.map(\.name).joined(separator: ", "))) "
            text += "VALUES (\(columns.map(\.value).joined(separator: ", ")));"
            if state == .failed || state == .retrying {
                text += """
                    INSERT INTO faults (seq, version, fence, attempt, worker_id, worker_name, started_at, at, type, \
                    message, retryable) VALUES (\(seq), 2, 1, 1, 'w', 'w', \(past), \(past), 'smtp', '\(message)', 1);
                    """
            }
            for step in steps { text += "INSERT INTO steps VALUES (\(seq), '\(step)', x'3132');" }
            if let dependency {
                text += "INSERT INTO dependencies VALUES (\(JobSequence.base(of: dependency)), \(seq));"
            }
            return text
        }
    }

    /// The row of a queue in version 1.
    private func sql(ofQueue name: String, with jobs: [OldJob]) -> String {
        let states: [JobState] = [
            .scheduled, .blocked, .pending, .processing, .retrying, .completed, .failed, .cancelled,
        ]
        let counts = states.map { state in "\(jobs.filter { $0.queue == name && $0.state == state }.count)" }
        return """
            INSERT INTO queues (name, paused, scheduled, blocked, pending, processing, retrying, completed, failed, \
            cancelled) VALUES ('\(name)', 0, \(counts.joined(separator: ", ")));
            """
    }

    /// Creates the file of a store of an earlier version, which was created by version 1 with these jobs.
    private func makeStore(version: Int64, _ jobs: [OldJob]) throws {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        defer { connection.close() }
        try connection.execute("PRAGMA application_id = \(Migrator.applicationID)")
        for migration in Migrator.migrations where migration.version <= version {
            try connection.execute(migration.sql)
            try migration.fill(connection)
            guard migration.version == 1 else { continue }
            try connection.execute(jobs.map { $0.sql(at: time.now()) }.joined())
            try connection.execute(Set(jobs.map(\.queue)).map { sql(ofQueue: $0, with: jobs) }.joined())
        }
        try connection.execute("PRAGMA user_version = \(version)")
    }

    @Test(
        "a store of each earlier version opens, and each job in it runs",
        arguments: 1..<Migrator.currentVersion)
    func runs(version: Int64) async throws {
        let states: [JobState] = [
            .pending, .scheduled, .processing, .retrying, .completed, .failed, .cancelled,
        ]
        var jobs = states.map { OldJob(id: place.ids.next(), state: $0) }
        jobs += (0..<10).map { OldJob(id: place.ids.next(), state: .pending, queue: "letters", priority: $0) }
        jobs.append(OldJob(id: place.ids.next(), state: .blocked, dependency: jobs[0].id))
        jobs[0].isAwaited = true
        let long = String(repeating: "s", count: 199)
        let names = ["a", "b", long + "1", long + "2"]
        for index in [0, 2, 4] { jobs[index].steps = names.reversed() }
        try makeStore(version: version, jobs)

        let store = try SQLiteStore.open(path: path, time: time)
        for job in jobs {
            #expect(try await store.job(job.id)?.state == job.state)
            try await expectOperations(of: job, names, in: store)
        }
        #expect(try await store.queue("letters")?.counts == [.pending: 10])
        try await store.resolveDeadLetters([jobs[5].id], by: .redrive, matching: JobFilter())[0].get()
        var request = place.request()
        request.queues = ["mail", "letters"]
        var order: [Int] = []
        // Longer steps would count as outages, which extend leases.
        for _ in 0..<300 {
            while let lease = try await store.claim(request).first {
                if lease.job.spec.queue == "letters" { order.append(lease.job.spec.priority) }
                _ = try await store.complete([StoreCompletion(token: lease.token, result: .null)])[0].get()
            }
            time.advance(seconds: 1)
            while try await store.maintain(limit: 500).hasMore {}
        }
        for job in jobs {
            let expected: JobState = job.state == .cancelled ? .cancelled : .completed
            let found = try await store.job(job.id)?.state
            #expect(found == expected, "was \(job.state)")
        }
        #expect(order == (0..<10).reversed())
        try await place.expectExecution(in: store)
        await store.close()

        let doctor = try StoreDoctor(path: path, repairs: false, time: time)
        for diagnosis in try await doctor.examine() { #expect(diagnosis.found == 0, "\(diagnosis)") }
        await doctor.close()
    }

    /// Expects an operation for each checkpoint of a job, in this order.
    private func expectOperations(of job: OldJob, _ names: [String], in store: any JobStore) async throws {
        let operations = try #require(try await store.journal(of: job.id, after: 0, limit: 10)).operations
        guard !job.steps.isEmpty else { return #expect(operations.isEmpty) }
        #expect(operations.map(\.name) == names)
        #expect(operations.map(\.number) == (1...4).map { Int64($0) })
        #expect(operations.map(\.id) == names.map(JournalOperation.stepID))
        for operation in operations {
            #expect(operation.type == .step && operation.status == .succeeded)
            #expect(operation.output == JSONText(validated: Array("12".utf8)))
            #expect(operation.startedAt == time.now().adding(seconds: -60))
            #expect(operation.endedAt == operation.startedAt)
        }
        #expect(try await store.job(job.id)?.operationCount == names.count)
    }

    @Test("a worker reads the checkpoints of an earlier version, and adds its own")
    func checkpoints() async throws {
        let job = OldJob(id: place.ids.next(), state: .pending, steps: ["b", "a"])
        try makeStore(version: 13, [job])
        let store = try SQLiteStore.open(path: path, time: time)
        var request = place.request()
        request.queues = ["mail"]
        let lease = try #require(try await store.claim(request).first)
        #expect(lease.journal.operations.map(\.name) == ["a", "b"])
        let (old, new) = (JSONText(validated: Array("12".utf8)), JSONText(validated: Array("3".utf8)))
        #expect(try await store.putStep(lease.token, name: "a", output: new) == old)
        #expect(try await store.putStep(lease.token, name: "c", output: new) == new)
        #expect(try await store.step(lease.token, name: "b") == old)
        #expect(try await store.step(lease.token, name: "c") == new)
        await store.close()
    }

    @Test("the dead letters of a store of version 1 are grouped")
    func deadLetters() async throws {
        let messages = ["code 451", "code 452", "no route"]
        let jobs = messages.map { OldJob(id: place.ids.next(), state: .failed, message: $0) }
        try makeStore(version: 1, jobs)
        let store = try SQLiteStore.open(path: path, time: time)
        let groups = try await store.deadLetterGroups(DeadLetterGroupFilter(), after: nil, limit: 10).groups
        #expect(groups.map(\.count) == [2, 1])
        #expect(groups.first?.errorType == "smtp")
        #expect(groups.first?.example?.jobID == jobs[1].id)
        #expect(groups.first?.firstSeenAt == time.now().adding(seconds: -60))
        let job = try #require(try await store.job(jobs[0].id))
        #expect(job.state == .failed)
        #expect(job.error?.message == "code 451")
        #expect(job.fingerprint == groups.first?.fingerprint)
        let answers = await store.resolveDeadLetters(jobs.map(\.id), by: .redrive, matching: JobFilter())
        for answer in answers { try answer.get() }
        #expect(try await store.queue("mail")?.counts == [.pending: 3])
        await store.close()
    }
}
