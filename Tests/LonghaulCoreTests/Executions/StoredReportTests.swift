import LonghaulCore
import LonghaulJSON
import Testing

/// Reports to executions as the store keeps them.
struct StoredReportTests {
    private static func json(_ text: String) -> JSONText { JSONText(validated: Array(text.utf8)) }

    private static let reports: [ExecutionReport] = {
        var completed = ChildEnd(
            task: "3", jobID: JobID(high: 1, low: 2), state: .completed,
            endedAt: Timestamp(milliseconds: 1_764_000_000_123))
        completed.result = json(#"{"n": 1.50}"#)
        completed.worker = "w"
        completed.startedAt = Timestamp(milliseconds: 1_764_000_000_001)
        var failed = completed
        failed.state = .failed
        failed.result = nil
        failed.error = JobError(
            type: "a\u{0}", message: "\"x\"", details: json("[1]"), retryable: false)
        var cancelled = failed
        cancelled.state = .cancelled
        cancelled.error = nil
        cancelled.worker = nil
        cancelled.startedAt = nil
        return [
            .childEnded(completed), .childEnded(failed), .childEnded(cancelled), .task("7", json(#"[ 1 ]"#)),
            .task("", .null), .stop(error: nil, cause: nil), .stop(error: "E\u{0}", cause: ""), .redrive,
        ]
    }()

    @Test(arguments: reports)
    func aRecordHasTheWholeReport(_ report: ExecutionReport) throws {
        let stored = StoredReport(
            name: "000000001", report: report, receivedAt: Timestamp(milliseconds: 1_764_000_001_000))
        let record = KeyedRecord(key: RecordKey(.report, stored.name), value: stored.value)
        #expect(try StoredReport(record) == stored)
        _ = try JSONDocument(parsing: stored.value.bytes)
    }

    @Test(arguments: ["1", "{}", #"{"type": "other"}"#, #"{"type": "child", "task": "1"}"#])
    func aDamagedRecordIsAnInternalError(_ value: String) {
        let record = KeyedRecord(key: RecordKey(.report, "1"), value: Self.json(value))
        let error = #expect(throws: LonghaulError.self) { try StoredReport(record) }
        #expect(error?.code == .internal)
    }

    @Test func namesOfEventsSortByTheirNumbers() {
        let numbers = [1, 9, 10, 25_000, 999_999_999, 1_000_000_000]
        #expect(numbers.map(ExecutionAdvance.eventName).prefix(2) == ["000000001", "000000009"])
        let names = numbers.dropLast().map(ExecutionAdvance.eventName)
        #expect(names == names.sorted())
    }

    @Test func namesOfKeysAreComparedByTheirBytes() {
        #expect(RecordKey(.machine, "\u{E9}") != RecordKey(.machine, "e\u{301}"))
        #expect(RecordKey(.machine, "a") == RecordKey(.machine, "a"))
        #expect(RecordKey(.machine, "a") != RecordKey(.alias, "a"))
        #expect(RecordKey(.part, of: JobID(high: 0, low: 1), "a") != RecordKey(.part, "a"))
    }
}
