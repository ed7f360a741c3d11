import LonghaulCore
import LonghaulJSON
import Testing

/// The rules for jobs that are submitted without JSON.
struct NewJobRulesTests {
    private func pointers(_ change: (inout NewJob) -> Void) -> [String] {
        var job = NewJob(JobSpec(kind: "a"))
        change(&job)
        return NewJobRules.faults(in: job).map(\.pointer.description)
    }

    private func check(
        _ pointer: String, _ range: ClosedRange<Int>, _ set: (inout NewJob, Int) -> Void
    ) {
        for value in [range.lowerBound, range.upperBound] {
            #expect(pointers { set(&$0, value) }.isEmpty, "\(pointer) \(value)")
        }
        for value in [range.lowerBound - 1, range.upperBound + 1] where value >= 0 {
            #expect(pointers { set(&$0, value) } == [pointer], "\(pointer) \(value)")
        }
    }

    private func check(
        _ pointer: String, _ range: ClosedRange<Double>, _ set: (inout NewJob, Double) -> Void
    ) {
        for value in [range.lowerBound, range.upperBound] {
            #expect(pointers { set(&$0, value) }.isEmpty, "\(pointer) \(value)")
        }
        for value in [range.lowerBound.nextDown, range.upperBound.nextUp] {
            #expect(pointers { set(&$0, value) } == [pointer], "\(pointer) \(value)")
        }
    }

    private func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test func reservedKindIsRejected() {
        for kind in ["longhaul.execution", "longhaul."] {
            #expect(pointers { $0.spec.kind = kind } == ["/kind"])
        }
        for kind in ["longhaul", "longhauler", "a.longhaul.b"] {
            #expect(pointers { $0.spec.kind = kind }.isEmpty)
        }
    }

    @Test func workerCannotAskForReservedKinds() {
        func pointers(_ fields: String) -> [String] {
            do {
                _ = try LeaseRequest.decode(Array(#"{"worker": {"id": "w"}, \#(fields)}"#.utf8))
                return []
            } catch {
                return error.faults.map(\.pointer.description)
            }
        }
        #expect(pointers(#""kinds": ["a", "longhaul.execution"]"#) == ["/kinds/1"])
        #expect(pointers(#""queues": ["a", "executions"]"#) == ["/kinds"])
        #expect(pointers(#""queues": ["a", "executions"], "kinds": ["a"]"#).isEmpty)
    }

    @Test func jobMustStartBeforeItExpires() {
        let start = Timestamp(milliseconds: 1_764_000_000_000)
        func pointers(expiryAfter seconds: Double) -> [String] {
            self.pointers { job in
                job.start = .at(start)
                job.spec.expiresAt = start.adding(seconds: seconds)
            }
        }
        #expect(pointers(expiryAfter: 0) == ["/expires_at"])
        #expect(pointers(expiryAfter: -1) == ["/expires_at"])
        #expect(pointers(expiryAfter: 1).isEmpty)
    }

    @Test func numbersOutsideTheirRangeAreRejected() {
        check("/priority", FieldBounds.priority) { $0.spec.priority = $1 }
        check("/max_attempts", FieldBounds.maxAttempts) { $0.spec.maxAttempts = $1 }
        check("/timeout_seconds", FieldBounds.timeoutSeconds) { $0.spec.timeoutSeconds = $1 }
        check("/retention_seconds", FieldBounds.seconds) { $0.spec.retentionSeconds = $1 }
        check("/delay_seconds", FieldBounds.seconds) { $0.start = .after(seconds: $1) }
        check("/backoff/initial_seconds", FieldBounds.seconds) { $0.spec.backoff.initialSeconds = $1 }
        check("/backoff/max_seconds", FieldBounds.seconds) { $0.spec.backoff.maxSeconds = $1 }
        check("/backoff/factor", FieldBounds.backoffFactor) { $0.spec.backoff.factor = $1 }
        check("/backoff/jitter", FieldBounds.backoffJitter) { $0.spec.backoff.jitter = $1 }
        check("/unique/window_seconds", FieldBounds.uniqueWindowSeconds) {
            $0.unique = UniqueRule(by: [.kind], span: .window(seconds: $1))
        }
    }

    @Test func textsOutsideTheirLengthAreRejected() {
        check("/kind", FieldBounds.kindLength) { $0.spec.kind = text($1) }
        check("/queue", FieldBounds.queueNameLength) { $0.spec.queue = text($1) }
        check("/actor", FieldBounds.actorLength) { $0.spec.actor = text($1) }
        check("/idempotency_key", FieldBounds.idempotencyKeyLength) { $0.idempotencyKey = text($1) }
        check("/ref", FieldBounds.refLength) { $0.ref = text($1) }
    }

    @Test func collectionsOutsideTheirSizeAreRejected() {
        func entries(_ count: Int) -> [String: String] {
            Dictionary(uniqueKeysWithValues: (0..<count).map { ("k\($0)", "v") })
        }
        check("/tags", FieldBounds.tags) { $0.spec.tags = entries($1) }
        check("/labels", FieldBounds.neededLabels) { $0.spec.labels = entries($1) }
        check("/depends_on", FieldBounds.dependencies) { job, count in
            job.dependsOn = (0..<count).map { .job(JobID(high: 1, low: UInt64($0))) }
        }
    }
}
