import LonghaulCore
import Testing

/// W3C trace contexts as text.
struct TraceContextTests {
    @Test func roundTrips() throws {
        for text in [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000001-0000000000000001-00",
        ] {
            #expect(TraceContext(traceparent: text)?.traceparent == text)
        }
        let new = TraceContext(random: SeededRandom(seed: 3))
        #expect(TraceContext(traceparent: new.traceparent) == new)
    }

    @Test func childHasTheSameTrace() {
        let random = SeededRandom(seed: 5)
        let root = TraceContext(random: random)
        let child = root.child(random: random)
        #expect(child.traceID == root.traceID && child.spanID != root.spanID && child.isSampled)
    }

    private static let invalid = [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        "00-0af7651916cd43dd8448eb211c80319cc-b7ad6b7169203331-01",
    ]

    @Test(arguments: invalid) func rejectsMalformedText(_ text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test func ignoresFieldsOfLaterVersions() {
        let text = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"
        #expect(TraceContext(traceparent: text)?.isSampled == true)
    }
}
