import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulSQLite
import Testing

/// The doctor finds problems in a store, and repairs those that have one correct value.
struct DoctorTests {
    /// Creates a store with jobs in many states, and closes it.
    private func patient() async throws -> TemporaryStore {
        let place = try TemporaryStore()
        let store = try place.open()
        let first = place.submission { $0.spec.kind = "first" }
        let waiting = place.submission {
            $0.dependsOn = [first.id]
            $0.spec.kind = "waiting"
            $0.spec.tags = ["a": "b"]
        }
        let parent = place.submission {
            $0.spec.kind = "parent"
            $0.dependsOn = [first.id]
        }
        let child = place.submission(bytes: 5000) {
            $0.parentID = parent.id
            $0.spec.queue = "other"
            $0.keys = [
                SubmissionKey(digest: [UInt8](repeating: 1, count: 32), lifetime: .until(.distantFuture))
            ]
        }
        _ = try await store.submit([first, waiting, child, parent], allOrNothing: true)
        let more = ["leased", "failed", "done"].map { kind in
            place.submission {
                $0.spec.kind = kind
                if kind == "done" { $0.spec.callbackURL = "https://a.example/" }
            }
        }
        _ = try await store.submit(more, allOrNothing: true)
        for kind in more.map(\.spec.kind) {
            var request = place.request()
            request.kinds = [kind]
            request.leaseSeconds = 3600
            let token = try #require(await store.claim(request).first).token
            try await store.appendLogs(
                token, [LogLine(at: Timestamp(milliseconds: 0), level: .info, message: "m")])
            if kind == "failed" {
                let error = JobError(type: "x", message: "y", retryable: false)
                _ = await store.fail([Failure(token: token, error: error)])
            } else if kind == "done" {
                _ = await store.complete([StoreCompletion(token: token, result: JSONText(validated: [49]))])
            }
        }
        try await suspend(in: store, place)
        await store.close()
        return place
    }

    /// Suspends a job that waits for a timer, a signal and a child job.
    private func suspend(in store: any JobStore, _ place: TemporaryStore) async throws {
        _ = try await store.submit([place.submission { $0.spec.kind = "durable" }], allOrNothing: true)
        var request = place.request()
        request.kinds = ["durable"]
        let token = try #require(await store.claim(request).first).token
        var updates = [OperationType.step, .timer, .signal, .job].map { type in
            OperationUpdate(.start, type, id: type.rawValue, name: type.rawValue)
        }
        updates[1].options.seconds = 3600
        let child = place.submission { $0.spec.kind = "child" }
        _ = try await store.updateJournal(
            token,
            updates.map { StoreOperationUpdate($0, submission: $0.type == .job ? child : nil) })
        guard case .suspended = try await store.suspend(token, on: ["timer", "signal", "job"]) else {
            Issue.record("the job is not suspended")
            return
        }
    }

    private func examine(_ place: TemporaryStore, repairs: Bool = false) async throws -> [String:
        StoreDiagnosis]
    {
        let doctor = try StoreDoctor(path: place.path, repairs: repairs)
        let diagnoses = try await doctor.examine()
        await doctor.close()
        return Dictionary(uniqueKeysWithValues: diagnoses.map { ($0.check, $0) })
    }

    @Test func findsNoProblemInACorrectStore() async throws {
        let diagnoses = try await examine(patient())
        #expect(diagnoses.count == 14)
        #expect(diagnoses.values.allSatisfy { $0.found == 0 }, "\(diagnoses)")
    }

    private static let faults: [(String, String)] = [
        ("counts", "UPDATE queues SET pending = pending + 5"),
        ("counts", "DELETE FROM queues"),
        ("orphans", "INSERT INTO logs VALUES (1, 1, 1, 0, 1, 'x')"),
        ("orphans", "INSERT INTO tags VALUES ('a', 'b', 1); INSERT INTO payloads VALUES (1, x'31')"),
        ("orphans", "INSERT INTO dependencies (on_seq, seq) VALUES (1, 2)"),
        ("leases", "UPDATE jobs SET lease_expires_at = 1 WHERE state = 3"),
        ("leases", "UPDATE jobs SET lease_expires_at = NULL WHERE state = 3"),
        ("blocked", "DELETE FROM dependencies"),
        ("blocked", "UPDATE dependencies SET is_resolved = 1"),
        ("blocked", "UPDATE jobs SET waiting_on = 7 WHERE state = 1"),
        ("blocked", "UPDATE jobs SET needed = 0 WHERE state = 1"),
        (
            "blocked",
            """
            UPDATE jobs SET state = 5, result = x'31', finished_at = 1, purge_at = 9000000000000
            WHERE kind = 'first'
            """
        ),
        ("families", "UPDATE jobs SET is_awaited = 0"),
        ("families", "UPDATE jobs SET is_parent = 0"),
        ("retention", "UPDATE jobs SET purge_at = NULL WHERE state = 5"),
        ("dead-letters", "DELETE FROM dead_letters"),
        ("dead-letters", "UPDATE dead_letter_groups SET count = 9"),
        ("journals", "UPDATE operations SET weight = weight + 1"),
        ("journals", "UPDATE jobs SET journal = NULL WHERE state = 8"),
        ("journals", "UPDATE jobs SET wake_at = NULL"),
        ("journals", "UPDATE jobs SET wake_at = 1 WHERE state = 8"),
        ("journals", "UPDATE operations SET until = until - 100000 WHERE type = 'timer'"),
        ("journals", "UPDATE operations SET status = 'succeeded', ended_at = 1 WHERE type = 'timer'"),
        ("journals", "UPDATE operations SET child_id = zeroblob(16) WHERE type = 'job'"),
        ("journals", "UPDATE jobs SET journal = NULL WHERE kind = 'child'"),
        (
            "journals",
            "UPDATE jobs SET state = 5, result = x'31', finished_at = 1, purge_at = 9000000000000 WHERE kind = 'child'"
        ),
        (
            "journals",
            """
            INSERT INTO signals (seq, number, name, received_at, value)
            SELECT seq, 1, 'signal', 0, x'31' FROM jobs WHERE kind = 'durable'
            """
        ),
        ("orphans", "UPDATE operations SET seq = 1"),
        (
            "orphans",
            "INSERT INTO signals (seq, number, name, received_at, value) VALUES (1, 1, 'x', 0, x'31')"
        ),
        ("webhooks", "UPDATE webhook_deliveries SET job_id = zeroblob(16)"),
        ("webhooks", "UPDATE webhook_deliveries SET is_claimed = 1, due_at = 9000000000000"),
        ("webhooks", "UPDATE webhook_deliveries SET due_at = NULL"),
        ("webhooks", "UPDATE webhook_deliveries SET state = 'delivered'"),
        ("webhooks", "UPDATE webhook_deliveries SET state = 'lost'"),
        ("webhooks", "UPDATE webhook_deliveries SET host = ''"),
        ("webhooks", "UPDATE webhook_deliveries SET attempts = '[{'"),
    ]

    @Test(arguments: faults)
    func findsAndRepairsFaults(_ check: String, _ sql: String) async throws {
        let place = try await patient()
        Database(path: place.path).run(sql)
        let found = try await examine(place)
        #expect(found[check]?.found ?? 0 > 0)
        #expect(found[check]?.example != nil)
        #expect(found.values.allSatisfy { $0.repaired == 0 })
        let repaired = try await examine(place, repairs: true)
        #expect(repaired.values.allSatisfy { $0.left == 0 }, "\(repaired)")
        let after = try await examine(place)
        #expect(after.values.allSatisfy { $0.found == 0 }, "\(after)")
    }

    @Test func aRepairedJournalContinuesTheJob() async throws {
        let place = try await patient()
        Database(path: place.path).run(
            """
            INSERT INTO signals (seq, number, name, received_at, value)
            SELECT seq, 1, 'signal', 0, x'31' FROM jobs WHERE kind = 'durable'
            """)
        _ = try await examine(place, repairs: true)
        let store = try place.open()
        var request = place.request()
        request.kinds = ["durable"]
        let lease = try #require(try await store.claim(request).first)
        let operation = try #require(lease.journal.operations.first { $0.type == .signal })
        #expect(operation.status == .succeeded)
        #expect(operation.output == JSONText(validated: Array("1".utf8)))
        await store.close()
    }

    @Test func aMissingOperationCannotBeRepaired() async throws {
        let place = try await patient()
        Database(path: place.path).run("DELETE FROM operations WHERE type = 'timer'")
        let diagnosis = try await examine(place, repairs: true)["journals"]
        #expect(diagnosis?.left == 1)
        #expect(diagnosis?.example?.contains("records 4 operations") == true)
    }

    @Test func aDependencyThatWasRetriedOrRemovedIsNoProblem() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let dependencies = ["retried", "removed", "open"].map { kind in
            place.submission { $0.spec.kind = kind }
        }
        let waiting = place.submission {
            $0.dependsOn = dependencies.map(\.id)
            $0.spec.onDependencyFailure = .run
        }
        _ = try await store.submit(dependencies + [waiting], allOrNothing: true)
        for dependency in dependencies.prefix(2) {
            var request = place.request()
            request.kinds = [dependency.spec.kind]
            let token = try #require(await store.claim(request).first).token
            let error = JobError(type: "x", message: "y", retryable: false)
            _ = try #require(await store.fail([Failure(token: token, error: error)]).first).get()
        }
        _ = try #require(await store.retry([dependencies[0].id]).first).get()
        try #require(await store.delete([dependencies[1].id]).first).get()
        let diagnoses = try await examine(place)
        #expect(diagnoses.values.allSatisfy { $0.found == 0 }, "\(diagnoses)")
        await store.close()
    }

    @Test func aWorkerMayCompleteAJobWhoseLeaseWasRepaired() async throws {
        let place = try TemporaryStore()
        var store = try place.open()
        let job = place.submission()
        _ = try await store.submit([job], allOrNothing: true)
        let token = try #require(try await store.claim(place.request()).first).token
        await store.close()
        Database(path: place.path).run("UPDATE jobs SET lease_expires_at = 1")
        #expect(try await examine(place, repairs: true)["leases"]?.repaired == 1)
        store = try place.open()
        let answers = await store.complete([StoreCompletion(token: token, result: .null)])
        #expect(try answers.first?.get().state == .completed)
        await store.close()
    }

    @Test func dependentWithoutUnfinishedDependenciesIsReleased() async throws {
        let place = try await patient()
        Database(path: place.path).run(
            "UPDATE jobs SET state = 5, result = x'31', finished_at = 1, purge_at = 9000000000000 WHERE kind = 'first'"
        )
        _ = try await examine(place, repairs: true)
        let store = try place.open()
        var filter = JobFilter()
        filter.kind = "waiting"
        #expect(try await store.jobs(filter, after: nil, limit: 9).jobs.map(\.state) == [.pending])
        await store.close()
    }

    @Test func reportsProblemsThatCannotBeRepaired() async throws {
        let place = try await patient()
        Database(path: place.path).run("DELETE FROM payloads")
        #expect(try await examine(place, repairs: true)["payloads"]?.left == 1)
    }

    @Test func repairedWebhookIsDueAtOnce() async throws {
        let place = try await patient()
        Database(path: place.path).run("UPDATE webhook_deliveries SET is_claimed = 1, due_at = 9000000000000")
        #expect(try await examine(place, repairs: true)["webhooks"]?.repaired == 1)
        let store = try place.open()
        let claim = WebhookClaim(limit: 9, perHost: 9, leaseSeconds: 30)
        #expect(try await store.claimDeliveries(claim).deliveries.map(\.event) == [.completed])
        await store.close()
    }

    @Test func webhookOfAnUnknownEventIsNotRepaired() async throws {
        let place = try await patient()
        Database(path: place.path).run("UPDATE webhook_deliveries SET event = 'job.lost'")
        let diagnosis = try await examine(place, repairs: true)["webhooks"]
        #expect(diagnosis?.left == 1)
        #expect(diagnosis?.example?.contains("job.lost") == true)
    }

    @Test func unknownSchemaVersionEndsTheCheck() async throws {
        let place = try await patient()
        Database(path: place.path).run("PRAGMA user_version = 999")
        let diagnoses = try await examine(place)
        #expect(diagnoses.keys.sorted() == ["schema"])
        #expect(diagnoses["schema"]?.example?.contains("999") == true)
    }

    @Test func checksWhileAServerRunsButRepairsOnlyAlone() async throws {
        let place = try await patient()
        let store = try place.open()
        #expect(try await examine(place).values.allSatisfy { $0.found == 0 })
        let error = await thrownError { _ = try StoreDoctor(path: place.path, repairs: true) }
        #expect(error?.detail.contains("in use by process") == true)
        await store.close()
    }

    @Test func doesNotCreateAStore() async throws {
        let place = try TemporaryStore()
        let error = await thrownError { _ = try StoreDoctor(path: place.folder + "/none.db", repairs: true) }
        #expect(error?.detail.contains("there is no store") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder).isEmpty)
    }
}
