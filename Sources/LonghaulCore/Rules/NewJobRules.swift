public import LonghaulJSON

/// The validation rules for submissions. The engine checks every submission against them.
public struct NewJobRules {
    private let job: NewJob
    private let pointer: JSONPointer
    private let checksValues: Bool
    private var faults: [JSONFault] = []

    /// All faults of the submission; empty if it is valid.
    ///
    /// - Parameters:
    ///   - pointer: the place of the submission in the document, as the prefix of the faults' pointers.
    ///   - entries: the number of entries of its batch that it waits for as their parent, in addition to `depends_on`.
    ///   - checksValues: false for a job that a store already holds, such as a schedule's. Earlier versions accepted
    ///     deeper payloads and other callback URLs, and such a job still runs.
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

    /// Whether text is a kind: letters, digits and `. _ - /`.
    public static func isKind(_ text: String) -> Bool {
        FieldBounds.kindLength.contains(text.utf8.count)
            && text.utf8.allSatisfy { NameBytes.isNameByte($0) || $0 == UInt8(ascii: "/") }
    }

    static let kindForm =
        "must be \(FieldBounds.kindLength.lowerBound) to \(FieldBounds.kindLength.upperBound) characters of A-Z a-z 0-9 . _ - /"

    static let reservedKind =
        "must not begin with \(JobSpec.reservedKindPrefix), which is reserved for jobs of the server"

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

    private mutating func expectText(_ text: String?, _ lengths: ClosedRange<Int>, _ field: String) {
        guard let text else { return }
        expect(
            TextRule.isPlain(text, lengths), field,
            "must have \(lengths.lowerBound) to \(lengths.upperBound) characters, none of them U+0000")
    }

    private mutating func checkWork() {
        expect(Self.isKind(job.spec.kind), "kind", Self.kindForm)
        expect(!JobSpec.isReserved(kind: job.spec.kind), "kind", Self.reservedKind)
        expect(
            QueueSettings.isName(job.spec.queue), "queue", QueueSettings.nameForm)
        if checksValues, let fault = ValueRule.fault(in: job.spec.payload) { expect(false, "payload", fault) }
        expect(job.spec.priority, in: FieldBounds.priority, "priority")
        expect(job.spec.maxAttempts, in: FieldBounds.maxAttempts, "max_attempts")
        expect(job.spec.size.map { Int($0) }, in: FieldBounds.size, "size")
        expect(
            FieldBounds.dependencies.contains(job.dependsOn.count), "depends_on",
            "must name at most \(FieldBounds.dependencies.upperBound) jobs")
        expect(Set(job.dependsOn).count == job.dependsOn.count, "depends_on", "must name each job once")
        expectText(job.ref, FieldBounds.refLength, "ref")
    }

    private mutating func checkJoin(dependencies: Int) {
        let join = job.spec.join
        guard join != JoinRule() else { return }
        let place = pointer.appending("join")
        var inner = NewJobRules(job: job, pointer: place)
        if dependencies == 0 {
            expect(false, "join", "requires at least one job in depends_on")
        } else if let waitFor = join.waitFor {
            inner.expect(waitFor, in: 1...dependencies, "wait_for")
        }
        let isDueAtOnce = job.start == .now
        inner.expect(
            !join.collects || isDueAtOnce, "collect",
            "cannot be combined with run_at or delay_seconds: the job completes with its dependencies")
        faults += inner.faults
    }

    private mutating func checkTimes() {
        expect(job.spec.timeoutSeconds, in: FieldBounds.timeoutSeconds, "timeout_seconds")
        expect(job.spec.retentionSeconds, in: FieldBounds.seconds, "retention_seconds")
        switch job.start {
        case .after(let seconds): expect(seconds, in: FieldBounds.seconds, "delay_seconds")
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
        inner.expect(job.spec.backoff.initialSeconds, in: FieldBounds.seconds, "initial_seconds")
        inner.expect(job.spec.backoff.factor, in: FieldBounds.backoffFactor, "factor")
        inner.expect(job.spec.backoff.maxSeconds, in: FieldBounds.seconds, "max_seconds")
        inner.expect(job.spec.backoff.jitter, in: FieldBounds.backoffJitter, "jitter")
        faults += inner.faults
    }

    private mutating func checkKeys() {
        expectText(job.idempotencyKey, FieldBounds.idempotencyKeyLength, "idempotency_key")
        guard let unique = job.unique else { return }
        let place = pointer.appending("unique")
        var inner = NewJobRules(job: job, pointer: place)
        inner.expect(!unique.parts.isEmpty, "by", "must name at least one of actor, kind, payload, queue")
        inner.expect(
            !unique.parts.contains(.actor) || job.spec.actor != nil, "by",
            "contains actor, but the job has none")
        if case .window(let seconds) = unique.span {
            inner.expect(seconds, in: FieldBounds.uniqueWindowSeconds, "window_seconds")
        }
        faults += inner.faults
    }

    private mutating func checkTags() {
        expectText(job.spec.actor, FieldBounds.actorLength, "actor")
        if checksValues, let fault = job.spec.callbackURL.flatMap({ CallbackURL.fault(in: $0) }) {
            expect(false, "callback_url", fault)
        }
        expect(
            FieldBounds.tags.contains(job.spec.tags.count), "tags",
            "must be at most \(FieldBounds.tags.upperBound)")
        for (key, value) in job.spec.tags {
            guard LabelRule.isLabel(key, value) else {
                let place = pointer.appending("tags").appending(key)
                faults.append(JSONFault(pointer: place, message: "a tag has \(LabelRule.form)"))
                continue
            }
        }
    }

    private mutating func checkNeeds() {
        expect(
            FieldBounds.neededLabels.contains(job.spec.labels.count), "labels",
            "must be at most \(FieldBounds.neededLabels.upperBound)")
        for (key, value) in job.spec.labels where !LabelRule.isLabel(key, value) {
            faults.append(
                JSONFault(
                    pointer: pointer.appending("labels").appending(key),
                    message: "a label has \(LabelRule.form)"))
        }
    }
}
