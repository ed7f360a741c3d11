import CSQLite
import LonghaulCore
import LonghaulStore
import LonghaulTestSupport
import Testing

@testable import LonghaulSQLite

/// Stores of earlier versions are brought up to date with their rows intact.
struct MigrationTests {
    /// Makes a file as a build that knew versions up to `version` would have left it.
    private func makeFile(_ path: String, version: Int64, _ sql: String) throws {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        #expect(sqlite3_open(path, &handle) == SQLITE_OK)
        let steps = Migrator.migrations.filter { $0.version <= version }.map(\.sql)
        let marks = "PRAGMA application_id = \(Migrator.applicationID); PRAGMA user_version = \(version);"
        for text in [marks] + steps + [sql] {
            var message: UnsafeMutablePointer<CChar>?
            let code = sqlite3_exec(handle, text, nil, nil, &message)
            #expect(code == SQLITE_OK, "\(message.map { String(cString: $0) } ?? "")")
            sqlite3_free(message)
        }
    }

    /// A job of version 1 that failed once, for good.
    private func failed(_ id: JobID, _ message: String) -> String {
        let seq = JobSequence.base(of: id)
        let blob = "x'\(SHA256.hexadecimal(id.bytes))'"
        var history = JobHistory()
        let entries: [(JobState, Int)] = [(.pending, 0), (.processing, 1), (.failed, 1)]
        for (state, attempt) in entries {
            let moment = Timestamp(milliseconds: 1000)
            history.append(JobHistory.Entry(state: state, attempt: attempt, at: moment, runAt: moment))
        }
        return """
            INSERT INTO jobs (seq, id, state, queue, kind, priority, attempt, max_attempts, fence, fence_base, \
            secret, lease_ms, created_at, run_at, started_at, finished_at, purge_at, waiting_on, is_awaited, \
            artifact_fence, fault_version, history, caller, retention_seconds, on_dependency_failure, payload) \
            VALUES (\(seq), \(blob), 6, 'mail', 'send', 5, 1, 1, 1, 0, 7, 1000, 1000, 1000, 1000, 1000, \
            9000000000000, 0, 0, 0, 3, x'\(SHA256.hexadecimal(history.bytes))', 'tests', 604800, 0, x'7b7d');
            INSERT INTO faults (seq, version, fence, attempt, worker_id, worker_name, started_at, at, type, \
            message, retryable) VALUES (\(seq), 3, 1, 1, 'w', 'w', 1000, 1000, 'smtp', '\(message)', 1);
            """
    }

    @Test func aStoreOfVersion1GetsItsDeadLettersGrouped() async throws {
        let place = try TemporaryStore()
        let ids = (0..<3).map { _ in place.ids.next() }
        let path = place.folder + "/old.db"
        let rows = zip(ids, ["code 451", "code 452", "no route"]).map(failed).joined()
        try makeFile(
            path, version: 1,
            rows + """
                INSERT INTO queues (name, paused, scheduled, blocked, pending, processing, retrying, completed, \
                failed, cancelled) VALUES ('mail', 0, 0, 0, 0, 0, 0, 0, 3, 0);
                """)
        let store = try SQLiteStore.open(path: path)
        let groups = try await store.deadLetterGroups(DeadLetterGroupFilter(), after: nil, limit: 10).groups
        #expect(groups.map(\.count) == [2, 1])
        #expect(groups.first?.errorType == "smtp")
        #expect(groups.first?.example?.jobID == ids[1])
        #expect(groups.first?.firstSeenAt == Timestamp(milliseconds: 1000))
        let job = try #require(try await store.job(ids[0]))
        #expect(job.state == .failed)
        #expect(job.error?.message == "code 451")
        #expect(job.fingerprint == groups.first?.fingerprint)
        let answers = await store.resolveDeadLetters(ids, by: .redrive, matching: JobFilter())
        for answer in answers { try answer.get() }
        #expect(try await store.queue("mail")?.counts == [.pending: 3])
        await store.close()
    }
}
