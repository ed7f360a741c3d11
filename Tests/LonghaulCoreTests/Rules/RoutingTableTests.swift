import LonghaulCore
import LonghaulJSON
import Testing

@Suite struct RoutingTableTests {
    private func spec(_ kind: String, size: Int64? = nil, labels: [String: String] = [:]) -> JobSpec {
        var spec = JobSpec(kind: kind)
        spec.size = size
        spec.labels = labels
        return spec
    }

    static let patterns: [(pattern: String, kind: String, fits: Bool)] = [
        ("video.cut", "video.cut", true), ("video.cut", "video.cuts", false), ("video.*", "video.cut", true),
        ("video.*", "video.", true), ("video.*", "video", false), ("*", "a", true), ("**", "a", true),
        ("*.cut", "video.audio.cut", true), ("*.cut", "video.cut.x", false), ("a*b*c", "a/b/b/c", true),
        ("a*b*c", "a/c/b", false), ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false),
    ]

    @Test(arguments: patterns)
    func starsMatchAnyText(_ pattern: String, _ kind: String, _ fits: Bool) {
        #expect(RoutingTable.Rule(kinds: [pattern], queue: "q").matches(spec(kind)) == fits)
    }

    @Test func firstMatchingRuleDecides() {
        let table = RoutingTable(rules: [
            .init(kinds: ["video.*", "audio.*"], labels: [:], queue: "small"),
            .init(kinds: ["video.*"], labels: ["gpu": "1"], queue: "gpu"),
            .init(kinds: ["video.*"], queue: "large"),
        ])
        let settings = ["small": QueueSettings(maxSize: 100), "gpu": QueueSettings(maxSize: 1000)]
        func queue(_ spec: JobSpec) -> String? { table.queue(for: spec) { settings[$0] } }
        #expect(queue(spec("video.cut")) == "small")
        #expect(queue(spec("video.cut", size: 100)) == "small")
        #expect(queue(spec("video.cut", size: 101)) == "gpu")
        #expect(queue(spec("video.cut", size: 5, labels: ["gpu": "1"])) == "gpu")
        #expect(queue(spec("video.cut", labels: ["gpu": "2"])) == "large")
        #expect(queue(spec("video.cut", size: 1001)) == "large")
        #expect(queue(spec("audio.cut", size: 101)) == nil)
        #expect(queue(spec("mail")) == nil)
    }

    @Test func allErrorsOfATableAreReported() {
        let text = """
            {"rules": [{"kinds": ["a b"], "queue": "q"}, {"queue": ""}, {"kind": ["x"], "queue": "q"},
                       {"labels": {"": "1"}}, 5]}
            """
        #expect {
            try RoutingTable.decode(Array(text.utf8))
        } throws: { error in
            let pointers = (error as? LonghaulError)?.faults.map(\.pointer.description) ?? []
            return pointers == [
                "/rules/0/kinds/0", "/rules/1/queue", "/rules/2/kind", "/rules/3/labels/", "/rules/3/queue",
                "/rules/4",
            ]
        }
    }
}
