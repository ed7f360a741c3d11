import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulStore
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// The doctor finds and repairs damaged records of executions.
struct ExecutionDoctorTests {
    /// A store with an execution that waits for a time, and one with a report.
    private func patient() async throws -> TemporaryDatabase {
        let place = try TemporaryDatabase()
        let store = try await place.open()
        for name in ["waiting", "reported"] {
            let submission = place.execution()
            let write = RecordWrite(RecordKey(.execution, name), JSONText(validated: [49]), if: .absent)
            _ = try await store.write([write], starting: submission)
            guard name == "waiting" else {
                try await store.report(.task("1", .null), to: submission.id)
                continue
            }
            let token = try #require(await store.claim(place.executionRequest()).first).token
            let until = Timestamp(milliseconds: 4_000_000_000_000)
            var advance = ExecutionAdvance(.wait(until: until, for: []))
            advance.events = [JSONText(validated: [49])]
            _ = try await store.advance(token, advance)
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
        #expect(diagnoses["executions"] != nil)
        #expect(diagnoses.values.allSatisfy { $0.found == 0 }, "\(diagnoses)")
    }

    private static let faults = [
        "DELETE FROM S.records WHERE space = 22",
        "UPDATE S.records SET value = '11' WHERE space = 22",
        "UPDATE S.records SET name = '000000009' WHERE space = 22",
        """
        INSERT INTO S.records (space, job, name, revision, value)
        SELECT 22, id, '000000001', 1, '1' FROM S.jobs WHERE state = 8
        """,
        """
        UPDATE S.jobs SET due = 9223372036854775000 WHERE state = 8;
        UPDATE S.agenda SET due = 9223372036854775000 WHERE state = 8
        """,
        """
        INSERT INTO S.records (space, job, name, revision, value) VALUES (21, gen_random_uuid(), 'x', 1, '1')
        """,
    ]

    @Test(arguments: faults)
    func findsAndRepairsFaults(_ sql: String) async throws {
        let place = try await patient()
        try place.query(sql.replacing("S.", with: place.schema + "."))
        let found = try await examine(place)
        #expect(found["executions"]?.found ?? 0 > 0)
        #expect(found["executions"]?.example != nil)
        let repaired = try await examine(place, repairs: true)
        #expect(repaired.values.allSatisfy { $0.left == 0 }, "\(repaired)")
        let after = try await examine(place)
        #expect(after.values.allSatisfy { $0.found == 0 }, "\(after)")
    }

    @Test func aMissingNameCannotBeRepaired() async throws {
        let place = try await patient()
        try place.query("DELETE FROM \(place.schema).records WHERE space = 6 AND name = 'waiting'")
        let repaired = try #require(try await examine(place, repairs: true)["executions"])
        #expect(repaired.found == 1 && repaired.left == 1)
        #expect(repaired.example?.contains("\"waiting\"") == true)
    }
}
