public import LonghaulJSON

/// What makes a request for a job a valid one. The engine checks every submission against these rules,
/// however it came in.
public struct NewJobRules {
    private let job: NewJob
    private let pointer: JSONPointer
    private let checksValues: Bool
    private var faults: [JSONFault] = []

    /// Every fault of the request; none if it is valid.
    ///
    /// - Parameters:
    ///   - pointer: the place of the request in what was sent, for the faults' own pointers.
    ///   - entries: how many entries of its batch it waits for as their parent, besides its `depends_on`.
    ///   - checksValues: false for a job that a store holds already, such as a schedule's. Earlier versions
    ///     accepted deeper payloads and other callback URLs, and such a job still runs.
    public static func faults(
        in job: NewJob, at pointer: JSONPointer = .root, parentOf entries: Int = 0, checksValues: Bool = true
    ) -> [JSONFault] {
        var rules = NewJobRules(job: job, pointer: pointer, checksValues: checksValues)
        rules.checkWork()
        rules.checkJoin(dependencies: job.dependsOn.count + entries)
        rules.checkTimes()
        rules.checkBackoff()
        rules.checkKeys()
        rules.checkTags()
        rules.checkNeeds()
        return rules.faults
    }

    /// Whether text is a kind: 1–200 characters of `A–Z a–z 0–9 . _ - /`.
    public static func isKind(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count)
            && text.utf8.allSatisfy { NameBytes.isNameByte($0) || $0 == UInt8(ascii: "/") }
    }

    private init(job: NewJob, pointer: JSONPointer, checksValues: Bool = true) {
        self.job = job
        self.pointer = pointer
        self.checksValues = checksValues
    }

    private mutating func expect(_ condition: Bool, _ field: String, _ message: @autoclosure () -> String) {
        if !condition { faults.append(JSONFault(pointer: pointer.appending(field), message: message())) }
    }

    private mutating func expect<Value: Comparable>(
        _ value: Value?, in range: ClosedRange<Value>, _ field: String
    ) {
        guard let value else { return }
        expect(range.contains(value), field, "must be from \(range.lowerBound) to \(range.upperBound)")
    }

    private mutating func expectText(_ text: String?, upTo limit: Int, _ field: String) {
        guard let text else { return }
        expect(
            TextRule.isPlain(text, 1...limit), field,
            "must have 1 to \(limit) characters, none of them U+0000")
    }

    private mutating func checkWork() {
        expect(Self.isKind(job.spec.kind), "kind", "must be 1 to 200 characters of A-Z a-z 0-9 . _ - /")
        expect(
            QueueSettings.isName(job.spec.queue), "queue", "must be 1 to 100 characters of A-Z a-z 0-9 . _ -")
        if checksValues, let fault = ValueRule.fault(in: job.spec.payload) { expect(false, "payload", fault) }
        expect(job.spec.priority, in: 0...9, "priority")
        expect(job.spec.maxAttempts, in: 1...100, "max_attempts")
        expect(job.spec.size, in: 0...Int64.max, "size")
        expect(
            job.dependsOn.count <= Self.maxDependencies, "depends_on",
            "must name at most \(Self.maxDependencies) jobs")
        expect(Set(job.dependsOn).count == job.dependsOn.count, "depends_on", "must name each job once")
        expectText(job.ref, upTo: 100, "ref")
    }

    /// The most jobs that one may depend on.
    public static let maxDependencies = 1000

    private mutating func checkJoin(dependencies: Int) {
        let join = job.spec.join
        guard join != JoinRule() else { return }
        let place = pointer.appending("join")
        var inner = NewJobRules(job: job, pointer: place)
        if dependencies == 0 {
            expect(false, "join", "needs jobs to wait for, in depends_on")
        } else if let waitFor = join.waitFor {
            inner.expect(waitFor, in: 1...dependencies, "wait_for")
        }
        let isDueAtOnce = job.start == .now
        inner.expect(
            !join.collects || isDueAtOnce, "collect",
            "excludes run_at and delay_seconds: the job completes when those it waits for have ended")
        faults += inner.faults
    }

    /// Ten years in seconds: the longest span that any field may ask for.
    public static let longestSeconds = 315_360_000.0

    private mutating func checkTimes() {
        expect(job.spec.timeoutSeconds, in: 0.001...Self.longestSeconds, "timeout_seconds")
        expect(job.spec.retentionSeconds, in: 0...Self.longestSeconds, "retention_seconds")
        switch job.start {
        case .after(let seconds): expect(seconds, in: 0...Self.longestSeconds, "delay_seconds")
        case .at(let moment):
            if let expiry = job.spec.expiresAt {
                expect(moment < expiry, "expires_at", "must be later than run_at")
            }
        case .now: break
        }
    }

    private mutating func checkBackoff() {
        let place = pointer.appending("backoff")
        var inner = NewJobRules(job: job, pointer: place)
        inner.expect(job.spec.backoff.initialSeconds, in: 0...Self.longestSeconds, "initial_seconds")
        inner.expect(job.spec.backoff.factor, in: 1...1000, "factor")
        inner.expect(job.spec.backoff.maxSeconds, in: 0...Self.longestSeconds, "max_seconds")
        inner.expect(job.spec.backoff.jitter, in: 0...1, "jitter")
        faults += inner.faults
    }

    private mutating func checkKeys() {
        expectText(job.idempotencyKey, upTo: 255, "idempotency_key")
        guard let unique = job.unique else { return }
        let place = pointer.appending("unique")
        var inner = NewJobRules(job: job, pointer: place)
        inner.expect(!unique.parts.isEmpty, "by", "must name at least one of actor, kind, payload, queue")
        inner.expect(
            !unique.parts.contains(.actor) || job.spec.actor != nil, "by", "names actor, but the job has none"
        )
        if case .window(let seconds) = unique.span {
            inner.expect(seconds, in: 1...Self.longestSeconds, "window_seconds")
        }
        faults += inner.faults
    }

    private mutating func checkTags() {
        expectText(job.spec.actor, upTo: 200, "actor")
        if checksValues, let fault = job.spec.callbackURL.flatMap({ CallbackURL.fault(in: $0) }) {
            expect(false, "callback_url", fault)
        }
        expect(job.spec.tags.count <= 50, "tags", "must be at most 50")
        for (key, value) in job.spec.tags {
            guard TextRule.isPlain(key, 1...100), TextRule.isPlain(value, 0...500) else {
                faults.append(
                    JSONFault(
                        pointer: pointer.appending("tags").appending(key),
                        message:
                            "a tag has a key of 1 to 100 characters and a value of at most 500, without U+0000"
                    ))
                continue
            }
        }
    }

    private mutating func checkNeeds() {
        let most = LabelRule.mostNeeded
        expect(job.spec.labels.count <= most, "labels", "must be at most \(most)")
        for (key, value) in job.spec.labels where !LabelRule.isLabel(key, value) {
            faults.append(
                JSONFault(pointer: pointer.appending("labels").appending(key), message: LabelRule.form))
        }
    }
}
