import LonghaulCore
import LonghaulHTTP
import Testing

@testable import LonghaulServer

/// Which requests are rejected as those of pages of other sites.
@Suite struct OtherSitesTests {
    private func isRefused(_ headers: HTTPHeaders) -> Bool {
        var all = headers
        all.add("Host", "127.0.0.1:8080")
        let request = HTTPRequest(method: "POST", path: "/v1/jobs", segments: ["v1", "jobs"], headers: all)
        do throws(LonghaulError) {
            try OtherSites.refuse(request)
            return false
        } catch {
            #expect(error.code == .forbidden && error.code.status == 403)
            return true
        }
    }

    @Test func ownPagesAndOtherClientsAreAllowed() {
        #expect(!isRefused([:]))
        #expect(!isRefused(["Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8080"]))
        #expect(!isRefused(["Sec-Fetch-Site": "none"]))
        #expect(!isRefused(["Origin": "http://127.0.0.1:8080"]))
    }

    @Test func pagesOfOtherSitesAreRefused() {
        #expect(isRefused(["Sec-Fetch-Site": "cross-site"]))
        #expect(isRefused(["Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9000"]))
        #expect(isRefused(["Origin": "https://example.org"]))
        #expect(isRefused(["Origin": "null"]))
    }
}
