import LonghaulCore
import LonghaulJSON
import Testing

@testable import LonghaulHTTP
@testable import LonghaulServer

/// How the parameters of a request are read.
@Suite struct APIRequestTests {
    private func request(
        _ query: [(name: String, value: String)] = [], headers: HTTPHeaders = [:]
    ) -> APIRequest {
        APIRequest(
            ServerFixture.request("GET", "/v1/jobs", query: query, headers: headers), by: .anonymous,
            HTTPParameters(names: [], values: []), maxBodyBytes: 0)
    }

    private func pointer(_ query: [(name: String, value: String)]) -> String? {
        do {
            try request(query).check(QueryParameter.jobList)
            return nil
        } catch {
            return error.faults.first?.pointer.description
        }
    }

    @Test(
        arguments: [
            ("wait=5", 5), ("wait=600", 60), ("wait=1e300", 60), ("wait=inf", 60), ("wait=-1", 0),
            ("respond-async, wait=\"7\"", 7), ("wait", nil), ("", nil),
        ] as [(String, Double?)])
    func preferredWaitIsBounded(header: String, seconds: Double?) {
        #expect(request(headers: ["Prefer": header]).waitSeconds() == seconds)
    }

    @Test func aWaitInTheQueryComesBeforeTheHeader() {
        #expect(request([("wait_seconds", "3")], headers: ["Prefer": "wait=9"]).waitSeconds() == 3)
    }

    @Test func aMistakenParameterIsNamed() {
        #expect(pointer([("queue", "a"), ("state", "failed"), ("state", "pending")]) == nil)
        #expect(pointer([("queue", "a"), ("queue", "b")]) == "/queue")
        #expect(pointer([("queu", "a")]) == "/queu")
        #expect(pointer([("state", "lost")]) == "/state")
        #expect(pointer([("limit", "501")]) == "/limit")
    }
}
