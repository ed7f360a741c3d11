import LonghaulCore
import LonghaulJSON
import Testing

@Suite struct ValueRuleTests {
    private func nested(_ depth: Int, _ inside: String = "") -> JSONText {
        JSONText(
            validated: Array(
                (String(repeating: "[", count: depth) + inside + String(repeating: "]", count: depth)).utf8))
    }

    @Test(arguments: [0, 1, 31, 32]) func acceptsValuesUpToTheLimit(depth: Int) {
        #expect(ValueRule.fault(in: depth == 0 ? .null : nested(depth)) == nil)
    }

    @Test(arguments: [33, 34, 63, 5000]) func rejectsDeeperValues(depth: Int) {
        #expect(ValueRule.fault(in: nested(depth)) != nil)
    }

    @Test func bracketsInStringsDoNotCount() {
        let text = #""\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\""#
        #expect(ValueRule.fault(in: nested(32, text)) == nil)
        #expect(ValueRule.fault(in: nested(32, text + ",[]")) != nil)
    }

    @Test func siblingsDoNotIncreaseTheDepth() {
        let wide = Array(repeating: "{\"a\":[[]]}", count: 100).joined(separator: ",")
        #expect(ValueRule.fault(in: nested(29, wide)) == nil)
        #expect(ValueRule.fault(in: nested(30, wide)) != nil)
    }
}

@Suite struct ReportTextTests {
    @Test func replacesNULAndKeepsTheRest() {
        #expect(ReportText.bounded("a\0b\u{202E}", to: 10) == "a\u{FFFD}b\u{202E}")
    }

    @Test func cutsLongTextsWithAMark() {
        #expect(ReportText.bounded(String(repeating: "é", count: 10), to: 10).unicodeScalars.count == 10)
        let cut = ReportText.bounded(String(repeating: "é", count: 100), to: 20)
        #expect(cut.unicodeScalars.count == 20)
        #expect(cut.hasSuffix(ReportText.mark))
    }
}

@Suite struct CallbackURLTests {
    @Test(arguments: [
        "https://example.com", "http://a:80/?b#c", "https://[::1]:8443/", "HTTPS://a_b.c-d./x%20y",
        "http://127.0.0.1/",
    ])
    func acceptsAbsoluteURLs(_ text: String) {
        #expect(CallbackURL.fault(in: text) == nil)
    }

    @Test(arguments: [
        "", "http://", "http:///a", "http://u@h", "ftp://h", "h", "//h", "http://h:0", "http://h:70000",
        "http://a b",
        "http://a/\u{202E}", "http://a\r\nb", "http://[::1", "http://[]/", "http://-\\", "http://a..b",
    ])
    func rejectsOtherTexts(_ text: String) {
        #expect(CallbackURL.fault(in: text) != nil)
    }
}

@Suite struct ServerAnswerTests {
    @Test func unreadableLeaseDoesNotAffectTheOthers() throws {
        let token = LeaseToken(jobID: JobID(high: 1, low: 2), fence: 3, secret: 4)
        let job = """
            {"id": "00000000-0000-0001-0000-000000000002", "kind": "k", "queue": "q", "state": "processing",
             "created_at": "2026-01-01T00:00:00Z", "payload": \(String(repeating: "[", count: 200))\
            \(String(repeating: "]", count: 200))}
            """
        let answer = """
            {"leases": [{"token": "\(token)", "job": {"state": "unknown"}, "expires_at": "2026-01-01T00:00:00Z"},
                        {"token": "\(token)", "job": \(job), "expires_at": "2026-01-01T00:00:00Z"}]}
            """
        let leases = try LeaseList.decode(answer: Array(answer.utf8)).leases
        #expect(leases.map { $0.unreadable == nil } == [false, true])
        #expect(leases.map(\.token) == [token, token])
        #expect(leases[0].unreadable?.isTransient == false)
    }

    @Test func tokensOfAnInvalidAnswerAreFound() throws {
        let token = LeaseToken(jobID: JobID(high: 1, low: 2), fence: 3, secret: 4)
        let leases = try LeaseList.decode(answer: Array("{\"leases\":[{\"token\":\"\(token)\",".utf8)).leases
        #expect(leases.map(\.token) == [token])
        #expect(leases[0].unreadable?.isTransient == true)
        #expect(throws: LonghaulError.self) { try LeaseList.decode(answer: Array("<html>".utf8)) }
    }

    @Test func storedJobsWithDeeperJSONAreRead() throws {
        let job = """
            {"id": "00000000-0000-0001-0000-000000000002", "kind": "k", "queue": "q", "state": "pending",
             "created_at": "2026-01-01T00:00:00Z", "payload": {"a": "\\ud800", "a": 1}}
            """
        #expect(throws: LonghaulError.self) { try Job.decode(Array(job.utf8)) }
        #expect(
            try Job.decode(answer: Array(job.utf8)).spec.payload.description == #"{"a": "\ud800", "a": 1}"#)
    }
}
