import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulStore
import LonghaulTestSupport
import Testing

@testable import LonghaulPostgres

/// Stores of earlier versions are migrated with their rows intact.
struct MigrationTests {
    /// What each version added to a schema `S`, removed again.
    private static let downgrades: [Int: String] = [
        2: "DROP FUNCTION S.submit; DROP FUNCTION S.key_digest; DROP FUNCTION S.new_id;",
        3: "ALTER TABLE S.workers DROP COLUMN heartbeat_seconds;",
        4: "",
        5:
            "DELETE FROM S.dependencies WHERE is_resolved; ALTER TABLE S.dependencies DROP COLUMN is_resolved;",
        6: """
        DROP FUNCTION S.notification; DROP FUNCTION S.value_fault; DROP FUNCTION S.expect;
        DROP TABLE S.notification_key;
        """,
        7: """
        DROP FUNCTION S.hold_lanes;
        ALTER TABLE S.meta DROP COLUMN removals;
        ALTER TABLE S.lanes DROP COLUMN generation;
        ALTER TABLE S.queues DROP COLUMN generation, DROP COLUMN used_at, DROP COLUMN is_deleted;
        """,
        8: """
        ALTER TABLE S.servers DROP COLUMN is_listening;
        ALTER TABLE S.meta DROP COLUMN max_queues;
        """,
        9: "DROP TABLE S.api_keys; DROP TABLE S.api_key_state;",
        10: "DROP TABLE S.webhook_deliveries;",
        11: "DROP TABLE S.audit; DROP TABLE S.audit_subjects; DROP TABLE S.audit_chain;",
        12: """
        CREATE TABLE S.steps (id uuid NOT NULL, name text NOT NULL, output bytea NOT NULL, PRIMARY KEY (id, name));
        INSERT INTO S.steps SELECT id, name, output FROM S.operations;
        DROP TABLE S.operations; DROP TABLE S.signals;
        ALTER TABLE S.jobs DROP COLUMN journal;
        ALTER TABLE S.queue_counts DROP COLUMN suspended;
        """,
        13: """
        DROP INDEX S.operations_name;
        ALTER TABLE S.operations ADD CONSTRAINT operations_name UNIQUE (id, operation_id);
        """,
        14: "DROP TABLE S.records;",
    ]

    /// Makes a store of the current version one of an earlier version.
    private func downgrade(_ place: TemporaryDatabase, to version: Int) throws {
        for step in (version + 1...Migrator.currentVersion).reversed() {
            let sql = try #require(Self.downgrades[step], "version \(step) needs a downgrade here")
            try place.query(sql.replacing("S.", with: place.schema + "."))
        }
        try place.query("UPDATE \(place.schema).meta SET version = \(version)")
    }

    /// Checkpoints in the order of the bytes of their names. The long names have digests as identifiers.
    private static let checkpoints: [(name: String, output: JSONText)] = [
        ("Z", .null), ("a", JSONText(validated: Array("{\"b\":[1]}".utf8))),
        (String(repeating: "n", count: 59), .null), (String(repeating: "n", count: 60), .null),
        (String(repeating: "ü", count: 100), JSONText(validated: Array("\"ü\"".utf8))),
    ]

    /// Leases the pending job.
    private func claim(
        _ place: TemporaryDatabase, _ store: any JobStore, leaseSeconds: Double = 60
    ) async throws -> LeaseToken {
        var request = place.request(worker: "w")
        request.leaseSeconds = leaseSeconds
        return try #require(await store.claim(request).first).token
    }

    /// Stores a job in each state. The delays are short.
    private func submitJobs(_ place: TemporaryDatabase, _ store: any JobStore) async throws -> [JobID:
        JobState]
    {
        var states: [JobID: JobState] = [:]
        func submit(_ state: JobState, _ change: (inout Submission) -> Void = { _ in }) async throws -> JobID
        {
            let submission = place.submission {
                $0.spec.backoff = Backoff(growth: .fixed, initialSeconds: 1)
                change(&$0)
            }
            _ = try await store.submit([submission], allOrNothing: true)
            states[submission.id] = state
            return submission.id
        }
        for state in [JobState.completed, .failed, .retrying, .processing] {
            _ = try await submit(state)
            let token = try await claim(place, store)
            if state == .completed {
                _ = try await store.complete([StoreCompletion(token: token, result: .null)])[0].get()
            } else if state == .processing {
                for (name, output) in Self.checkpoints {
                    _ = try await store.putStep(token, name: name, output: output)
                }
                // The job runs again in the migrated store when this lease has ended.
                _ = try await store.release([token])[0].get()
                _ = try await claim(place, store, leaseSeconds: 1)
            } else {
                let error = JobError(type: "smtp", message: "code 451", retryable: state == .retrying)
                _ = try await store.fail([Failure(token: token, error: error)])[0].get()
            }
        }
        let cancelled = try await submit(.cancelled)
        _ = try await store.cancel([cancelled])[0].get()
        let pending = try await submit(.pending)
        _ = try await submit(.blocked) { $0.dependsOn = [pending] }
        _ = try await submit(.scheduled) { $0.runAt = SystemTime().now().adding(seconds: 2) }
        return states
    }

    /// Expects a journal.
    ///
    /// - Parameter isMigrated: whether its operations were checkpoints, and started and ended with the latest start of their
    ///   job.
    private func expect(
        _ journal: JournalPage, of id: JobID, in store: any JobStore, isMigrated: Bool
    ) async throws {
        let job = try #require(try await store.job(id))
        #expect(job.operationCount == Self.checkpoints.count)
        let found = try #require(try await store.journal(of: id, after: 0, limit: 10)).operations
        #expect(found.count == journal.operations.count)
        for (operation, before) in zip(found, journal.operations) {
            var expected = before
            if isMigrated {
                expected.startedAt = job.startedAt ?? job.createdAt
                expected.endedAt = expected.startedAt
            }
            #expect(operation == expected)
        }
    }

    @Test(
        "a store of each earlier version opens, and each job in it runs",
        arguments: 1..<Migrator.currentVersion)
    func runs(version: Int) async throws {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        let states = try await submitJobs(place, store)
        let workers = try await store.workers().map(\.info)
        let processing = try #require(states.first { $0.value == .processing }?.key)
        let journal = try #require(try await store.journal(of: processing, after: 0, limit: 10))
        let journalBytes = try place.query("SELECT sum(weight) FROM \(place.schema).operations")
        await store.close()
        try downgrade(place, to: version)

        let migrated = try await place.open()
        #expect(try await migrated.workers().map(\.info) == workers)
        try await expect(journal, of: processing, in: migrated, isMigrated: version < 12)
        #expect(try place.query("SELECT sum(weight) FROM \(place.schema).operations") == journalBytes)
        for (id, state) in states where [.completed, .failed, .cancelled, .blocked].contains(state) {
            #expect(try await migrated.job(id)?.state == state)
        }
        try place.query("SELECT \(place.schema).submit('work')")
        for (id, state) in states where state == .failed {
            try await migrated.resolveDeadLetters([id], by: .redrive, matching: JobFilter())[0].get()
        }
        try await eventually("each job has completed") {
            _ = try await migrated.maintain(limit: 100)
            for lease in try await migrated.claim(place.request(10)) {
                _ = try await migrated.complete([StoreCompletion(token: lease.token, result: .null)])[0].get()
            }
            return try await migrated.queue("default")?.counts == [.completed: 8, .cancelled: 1]
        }
        try await place.expectExecution(in: migrated)
        await migrated.close()
    }
}
