import LonghaulCore
import LonghaulJSON

/// Targets for request bodies.
extension FuzzTarget {
    private static let words = [
        "null", "true", "1e308", "-0", "1e-400", "123456789012345678901234567890", "0.1", "\"\"", "{}", "[]",
        "\\u0000", "\\ud800", "\\udc00", "\u{0}", "\u{FEFF}", "é", "NaN", "//", "/*", "9223372036854775807",
        "-9223372036854775808", "1E+2", "[[[[[[[[[[[[[[[[", "{\"a\":", "\"kind\":\"b\",", "1e400", "-1",
    ]

    private static let job = #"""
        {"kind":"image.resize","payload":{"source":"https://example.org","width":640,"l":[1,2.5e3,null]},"queue":"q1",
        "priority":5,"run_at":"2999-01-01T00:00:00.000Z","max_attempts":4,"backoff":{"type":"exponential",
        "initial_seconds":1,"factor":2,"max_seconds":600,"jitter":0.2},"timeout_seconds":300,
        "expires_at":"2999-01-02T00:00:00+01:00","retention_seconds":604800,"idempotency_key":"k1",
        "unique":{"by":["actor","kind"],"window_seconds":60},"actor":"user-42","tags":{"customer":"acme"},
        "depends_on":["01890000-0000-7000-8000-000000000000"],"on_dependency_failure":"cancel","size":1200000,
        "callback_url":"https://example.org/done"}
        """#
    private static let tick = #"{"kind":"report","payload":[1],"tags":{"a":"b"},"delay_seconds":5}"#
    private static let token = String(repeating: "0a", count: 32)

    /// A target that reads a body and writes it again. An accepted body must be unchanged.
    private static func body<Body: JSONReadable & JSONWritable & Equatable & Sendable>(
        _ name: String, _ type: Body.Type, seeds: [String]
    ) -> FuzzTarget {
        FuzzTarget(name, weight: 3, seeds: seeds, words: words) { bytes in
            let first: Body
            do {
                first = try Body.decode(bytes)
            } catch let error as LonghaulError {
                try expect(error.code == .invalidRequest && !error.faults.isEmpty, "refused as \(error)")
                return false
            }
            var writer = JSONWriter()
            first.write(to: &writer)
            let second: Body
            do {
                second = try Body.decode(writer.bytes)
            } catch {
                throw Broken(description: "the written text is rejected: \(error)")
            }
            try expect(first == second, "comes back as \(String(decoding: writer.bytes, as: UTF8.self))")
            return true
        }
    }

    /// The targets that read JSON.
    static let json: [FuzzTarget] = [
        FuzzTarget(
            "json", weight: 6, seeds: [job, #"[1,"a",{"b":[true,false,null]}]"#, "1.5e3"], words: words
        ) {
            guard let text = try? JSONText(parsing: $0) else { return false }
            try expect(String(validating: text.bytes, as: UTF8.self) != nil, "accepts what is not UTF-8")
            let document = try JSONDocument(parsing: text.bytes)
            // Every part can be read.
            var nodes = [document.root]
            while let node = nodes.popLast() {
                _ = (node.string, node.int, node.double)
                nodes += node.elements
                nodes += node.members.map(\.value)
            }
            return true
        },
        FuzzTarget(
            "json5", weight: 3, seeds: [handlers, "[1, .5, +0x1F, 'a\\\nb', ]"],
            words: words + ["'", "\\x41"]
        ) {
            guard let text = try? JSONText(json5: $0) else { return false }
            do {
                _ = try JSONText(parsing: text.bytes)
            } catch {
                throw Broken(description: "what it made is no JSON: \(text)")
            }
            return true
        },
        body("new job", NewJob.self, seeds: [job, #"{"kind":"a"}"#, #"{"kind":"a","delay_seconds":0.5}"#]),
        body(
            "batch", NewJobBatch.self,
            seeds: [##"{"jobs":[{"kind":"a","ref":"a"},{"kind":"b","depends_on":["#a"]}]}"##]),
        body(
            "lease request", LeaseRequest.self,
            seeds: [
                #"""
                {"worker":{"id":"w1","name":"one","labels":{"gpu":"1"}},"queues":["default","b"],"kinds":["a"],
                "max_jobs":10,"lease_seconds":30,"wait_seconds":20}
                """#
            ]),
        body(
            "heartbeat", Heartbeat.self,
            seeds: [
                #"{"worker":{"id":"w1"},"leases":[{"token":"\#(token)","progress":{"percent":40,"message":"p"}}]}"#
            ]),
        body(
            "completions", CompletionList.self,
            seeds: [#"{"completions":[{"token":"\#(token)","result":{"a":[1]},"next":[{"kind":"b"}]}]}"#]),
        body(
            "journal", OperationUpdateList.self,
            seeds: [
                #"""
                {"updates":[{"id":"0.1","parent_id":"0","type":"step","name":"pay","action":"retry","error":{"type":"t",
                "message":"m","details":[1]},"options":{"delay_seconds":1.5}},{"id":"1","type":"job","name":"c",
                "action":"start","input":{},"options":{"job":{"kind":"k","payload":1}}}]}
                """#,
                #"""
                {"updates":[{"id":"a","type":"timer","name":"t","action":"start","options":{"until":"2030-01-01T00:00:00Z"}},
                {"id":"b","type":"signal","name":"s","action":"start","options":{"timeout_seconds":60}},
                {"id":"m","type":"marker","name":"m","action":"start","output":[null]}]}
                """#,
            ]),
        body("suspension", SuspendRequest.self, seeds: [#"{"on":["0.1","b"]}"#]),
        body(
            "completion", CompletionBody.self,
            seeds: [#"{"continue_as_new":{"payload":[1]}}"#, #"{"result":1,"next":[{"kind":"b"}]}"#]),
        body(
            "log lines", LogBatch.self,
            seeds: [#"{"lines":[{"at":"2026-11-24T09:15:00.123Z","level":"info","message":"line"}]}"#]),
        body(
            "queue settings", QueueSettings.self,
            seeds: [#"{"max_depth":100000,"max_waiting":null,"paused":false,"max_concurrency":4}"#]),
        body(
            "schedule", ScheduleSpec.self,
            seeds: [
                #"{"cron":"*/15 9-17 * * MON-FRI","time_zone":"Europe/Paris","job":\#(tick),"catch_up":"all","paused":true}"#,
                #"{"cron":"@daily","job":\#(tick)}"#,
            ]),
        body(
            "dead letters", DeadLetterRequest.self,
            seeds: [
                #"{"ids":["01890000-0000-7000-8000-000000000000"]}"#,
                #"""
                {"filter":{"state":"failed","queue":"q","kind":"k","actor":"a","tags":{"a":"b"},"fingerprint":"f",
                "created_after":"2026-11-24T09:15:00.123Z","error_type":"io"},"limit":5}
                """#,
            ]),
        FuzzTarget(
            "problem", seeds: [#"{"code":"conflict","detail":"d","errors":[{"pointer":"/a","message":"m"}]}"#]
        ) {
            LonghaulError(problem: $0, retryAfterSeconds: nil) != nil
        },
    ]

    private static let handlers = """
        { // a comment
          handlers: { "image.resize": { command: ['convert', "{payload.width}"], queue: "images", timeout_seconds: 6e1, }, },
          /* and one more */ $x_1: +.5, hex: 0xFF, 'k': "a\\
        b", }
        """
}
