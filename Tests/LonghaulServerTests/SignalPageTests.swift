import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import Testing

@testable import LonghaulServer

/// The page of a signal token.
@Suite struct SignalPageTests {
    private func wait(_ name: String, until: Timestamp? = nil) -> SignalWait {
        var operation = JournalOperation(
            id: "0", type: .signal, name: name, status: .waiting, startedAt: Timestamp(milliseconds: 0),
            number: 1)
        operation.until = until
        return SignalWait(kind: "flow", operation: operation, isOpen: true)
    }

    private func text(_ page: SignalPage) -> String {
        guard case .bytes(let bytes) = page.response.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Otherwise a browser shows the page without its style.
    @Test func policyAllowsTheStyle() {
        let digest = SHA256.digest(Array(SignalPage.style.utf8))
        #expect(SignalPage.styleHash == Data(digest).base64EncodedString())
        #expect(text(.unknown).contains("<style>\(SignalPage.style)</style>"))
    }

    @Test func namesAreEscaped() {
        let page = text(.question(wait("<script>\"&'")))
        #expect(page.contains("&lt;script&gt;&quot;&amp;&#39;") && !page.contains("<script"))
    }

    @Test func expiryIsShownInUTC() {
        let until = Timestamp(rfc3339: "2026-11-24T09:15:00.123Z")
        #expect(text(.question(wait("go", until: until))).contains("2026-11-24 09:15 UTC"))
        #expect(text(.question(wait("go"))).contains("when it is used"))
    }

    @Test func onlyTheQuestionHasAForm() {
        #expect(text(.question(wait("go"))).contains("<form method=\"post\">"))
        for page in [SignalPage.ended, .unknown, .thanks(isApproved: true), .thanks(isApproved: false)] {
            #expect(!text(page).contains("<form"))
            #expect(
                page.response.headers["Content-Security-Policy"]?.contains("frame-ancestors 'none'") == true)
        }
    }
}
