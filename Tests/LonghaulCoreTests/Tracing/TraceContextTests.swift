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

    @Test(arguments: [
        (
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"
        ),
        (
            "Sampled=0; Parent=53995c3f42cd8ad8; Root=1-5759e988-bd862e3fe1be46a994272793",
            "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00"
        ),
        (
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "00-5759e988bd862e3fe1be46a994272793-e1be46a994272793-01"
        ),
        (
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        ),
    ])
    func readsTraceHeadersOfBothKinds(_ header: String, _ traceparent: String) {
        #expect(TraceContext(header: header)?.traceparent == traceparent)
    }

    @Test(arguments: [
        "Root=", "Root=1-5759e988", "Root=2-5759e988-bd862e3fe1be46a994272793",
        "Root=1-5759e98-8bd862e3fe1be46a994272793", "Root=1-5759e988-bd862e3fe1be46a99427279x",
        "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8",
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0", "Parent=53995c3f42cd8ad8;Sampled=1",
    ])
    func ignoresMalformedTraceHeaders(_ header: String) {
        #expect(TraceContext(header: header) == nil)
    }
}
