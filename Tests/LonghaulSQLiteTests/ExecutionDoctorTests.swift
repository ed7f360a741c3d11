import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulSQLite
import LonghaulTestSupport
import Testing

/// The doctor finds and repairs damaged records of executions.
struct ExecutionDoctorTests {
    /// A store with an execution that waits for a time, and one with a report.
    private func patient() async throws -> TemporaryStore {
        let place = try TemporaryStore()
        let store = try place.open()
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
        #expect(diagnoses["executions"] != nil)
        #expect(diagnoses.values.allSatisfy { $0.found == 0 }, "\(diagnoses)")
    }

    private static let faults = [
        "DELETE FROM records WHERE space = 22",
        "UPDATE records SET value = x'3131' WHERE space = 22",
        "UPDATE records SET name = '000000009' WHERE space = 22",
        "INSERT INTO records SELECT 22, id, '000000001', 1, x'31' FROM jobs WHERE state = 8",
        "UPDATE jobs SET wake_at = NULL WHERE state = 8",
        "UPDATE jobs SET wake_at = 1 WHERE state = 8",
        "INSERT INTO records VALUES (21, x'0102030405060708090a0b0c0d0e0f10', 'x', 1, x'31')",
    ]

    @Test(arguments: faults)
    func findsAndRepairsFaults(_ sql: String) async throws {
        let place = try await patient()
        Database(path: place.path).run(sql)
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
        Database(path: place.path).run("DELETE FROM records WHERE space = 6 AND name = 'waiting'")
        let repaired = try #require(try await examine(place, repairs: true)["executions"])
        #expect(repaired.found == 1 && repaired.left == 1)
        #expect(repaired.example?.contains("\"waiting\"") == true)
    }
}
