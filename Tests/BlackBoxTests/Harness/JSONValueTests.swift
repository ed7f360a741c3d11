import LonghaulTestSupport
import Testing

/// Answers by path.
struct JSONValueTests {
    private func answer() throws -> JSONValue {
        try JSONValue(
            parsing: #"{"leases": [{"job": {"id": "a", "n": 1}}, {"job": {"id": "b"}}], "none": null}"#)
    }

    @Test func partsAreReadByPath() throws {
        let answer = try answer()
        #expect(try answer.string("leases.0.job.id") == "a" && answer.int("leases.0.job.n") == 1)
        #expect(try answer.strings("leases.*.job.id") == ["a", "b"] && answer.count("leases") == 2)
        #expect(try answer.value("leases.1.job") == ["id": "b"])
        #expect(!answer.has("none") && !answer.has("leases.2") && answer.has("leases.1.job"))
    }

    @Test(arguments: ["leases.2.job.id", "leases.0.job.n", "none", "leases"])
    func missingPartIsReportedWithPathAndAnswer(path: String) throws {
        let answer = try answer()
        let error = #expect(throws: TestFailure.self) { try answer.string(path) }
        #expect(error?.description == "expected a string at \"\(path)\" of \(answer)")
    }
}
