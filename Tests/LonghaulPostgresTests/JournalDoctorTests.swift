import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulStore
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// The doctor finds and repairs damaged journals.
struct JournalDoctorTests {
    /// A store with a suspended job that waits for a timer, a signal and a child job.
    private func patient() async throws -> TemporaryDatabase {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        _ = try await store.submit([place.submission { $0.spec.kind = "durable" }], allOrNothing: true)
        let token = try #require(try await store.claim(place.request()).first).token
        var updates = [OperationType.step, .timer, .signal, .job].map { type in
            OperationUpdate(.start, type, id: type.rawValue, name: type.rawValue)
        }
        updates[1].options.seconds = 3600
        let child = place.submission { $0.spec.kind = "child" }
        _ = try await store.updateJournal(
            token, updates.map { StoreOperationUpdate($0, submission: $0.type == .job ? child : nil) })
        guard case .suspended = try await store.suspend(token, on: ["timer", "signal", "job"]) else {
            throw TestFailure("the job is not suspended")
        }
        await store.close()
        return place
    }

    private func examine(_ place: TemporaryDatabase, repairs: Bool = false) async throws -> [String:
        StoreDiagnosis]
    {
        let doctor = try await PostgresDoctor.open(
            url: place.server.url, options: PostgresStoreOptions(schema: place.schema), repairs: repairs)
        let diagnoses = try await doctor.examine()
        await doctor.close()
        return Dictionary(uniqueKeysWithValues: diagnoses.map { ($0.check, $0) })
    }

    @Test func findsNoProblemInACorrectStore() async throws {
        let diagnoses = try await examine(patient())
        #expect(diagnoses["journals"] != nil)
        #expect(diagnoses.values.allSatisfy { $0.found == 0 }, "\(diagnoses)")
    }

    private static let faults: [(String, String)] = [
        ("journals", "UPDATE S.operations SET weight = weight + 1"),
        ("journals", "UPDATE S.jobs SET journal = NULL WHERE state = 8"),
        (
            "journals",
            "UPDATE S.jobs SET due = 9223372036854775000 WHERE state = 8; UPDATE S.agenda SET due = 9223372036854775000 WHERE state = 8"
        ),
        ("journals", "UPDATE S.operations SET until = until - 100000 WHERE type = 'timer'"),
        ("journals", "UPDATE S.operations SET status = 'succeeded', ended_at = 1 WHERE type = 'timer'"),
        (
            "journals",
            "UPDATE S.operations SET child_id = '00000000-0000-0000-0000-000000000000' WHERE type = 'job'"
        ),
        ("journals", "UPDATE S.jobs SET journal = NULL WHERE kind = 'child'"),
        (
            "journals",
            """
            INSERT INTO S.signals (id, number, name, received_at, value)
            SELECT id, 1, 'signal', 0, '1' FROM S.jobs WHERE kind = 'durable'
            """
        ),
        ("orphans", "UPDATE S.operations SET id = gen_random_uuid()"),
        (
            "orphans",
            "INSERT INTO S.signals (id, number, name, received_at, value) VALUES (gen_random_uuid(), 1, 'x', 0, '1')"
        ),
    ]

    @Test(arguments: faults)
    func findsAndRepairsFaults(_ check: String, _ sql: String) async throws {
        let place = try await patient()
        try place.query(sql.replacing("S.", with: place.schema + "."))
        let found = try await examine(place)
        #expect(found[check]?.found ?? 0 > 0)
        let repaired = try await examine(place, repairs: true)
        #expect(repaired.values.allSatisfy { $0.left == 0 }, "\(repaired)")
        let after = try await examine(place)
        #expect(after.values.allSatisfy { $0.found == 0 }, "\(after)")
    }
}
