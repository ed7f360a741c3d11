import Testing

@testable import LonghaulCore

@Suite struct LoggerTests {
    @Test func lineHasTheLevelTheMessageAndWhatItIsAbout() {
        var note = Note("cannot lease jobs", level: .warning)
        #expect(StandardErrorLogger.line(note) == "warning: cannot lease jobs\n")
        note.jobID = JobID(high: 1, low: 2)
        note.attempt = 3
        note.worker = "w"
        note.requestID = "r"
        #expect(
            StandardErrorLogger.line(note)
                == "warning: cannot lease jobs attempt=3 job_id=00000000-0000-0001-0000-000000000002 "
                + "request_id=r worker=w\n")
    }

    @Test func metadataHasTheTrace() throws {
        var note = Note("x")
        note.trace = TraceContext(traceparent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
        #expect(note.metadata == ["trace_id": "0123456789abcdef0123456789abcdef"])
    }
}
