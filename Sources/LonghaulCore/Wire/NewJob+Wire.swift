public import LonghaulJSON

extension NewJob: JSONReadable {
    /// Reads a submission, strictly, and validates it with ``NewJobRules``.
    public static func read(_ reader: inout JSONObjectReader) -> NewJob {
        read(&reader, inBatch: false)
    }

    /// Reads the parent of a batch, which waits for this many entries.
    static func read(_ reader: inout JSONObjectReader, parentOf entries: Int) -> NewJob {
        read(&reader, inBatch: true, parentOf: entries)
    }

    /// Reads an entry of a batch, or of a completion's `next`. It may have a `ref`, and may name the `ref` of other
    /// entries.
    static func readInBatch(_ reader: inout JSONObjectReader) -> NewJob {
        read(&reader, inBatch: true)
    }

    /// Reads a stored submission, leniently: rules may have become stricter since.
    static func readStored(_ reader: inout JSONObjectReader) -> NewJob {
        readFields(&reader, inBatch: false)
    }

    /// Reads the text of a stored submission.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` if it is not a submission.
    public static func decode(stored bytes: [UInt8]) throws(LonghaulError) -> NewJob {
        try StoredNewJob.decode(answer: bytes).job
    }

    private static func read(
        _ reader: inout JSONObjectReader, inBatch: Bool, parentOf entries: Int = 0
    ) -> NewJob {
        let before = reader.faults.list.count
        let job = readFields(&reader, inBatch: inBatch)
        reader.finish()
        reportBrokenRules(
            NewJobRules.faults(in: job, at: reader.pointer, parentOf: entries), &reader, since: before)
        return job
    }

    private static func readFields(_ reader: inout JSONObjectReader, inBatch: Bool) -> NewJob {
        var job = NewJob(JobSpec(kind: reader.requiredString("kind") ?? ""))
        readWork(&reader, &job.spec)
        if let queue = reader.string("queue") {
            job.spec.queue = queue
            job.namesDefaultQueue = queue == JobSpec.defaultQueue
        }
        readStart(&reader, &job)
        job.idempotencyKey = reader.string("idempotency_key")
        if var unique = reader.object("unique") { job.unique = UniqueRule.read(&unique) }
        job.dependsOn = readDependencies(&reader, inBatch: inBatch)
        job.parentID = reader.jobID("parent_id")
        if inBatch { job.ref = reader.string("ref") }
        return job
    }

    /// Adds the broken rules, except for fields that have a fault already.
    private static func reportBrokenRules(
        _ broken: [JSONFault], _ reader: inout JSONObjectReader, since before: Int
    ) {
        // A value that is not an object has no fields.
        guard reader.isObject, !broken.isEmpty else { return }
        let reported = Set(reader.faults.list[before...].map(\.pointer))
        for fault in broken where !reported.contains(fault.pointer) {
            reader.faults.add(fault.pointer, fault.message)
        }
    }

    private static func readWork(_ reader: inout JSONObjectReader, _ spec: inout JobSpec) {
        if let payload = reader.text("payload") { spec.payload = payload }
        if let priority = reader.int("priority", within: FieldBounds.priority) { spec.priority = priority }
        if let attempts = reader.int("max_attempts", within: FieldBounds.maxAttempts) {
            spec.maxAttempts = attempts
        }
        if var backoff = reader.object("backoff") { spec.backoff = Backoff.readStrictly(&backoff) }
        spec.timeoutSeconds = reader.double("timeout_seconds")
        spec.expiresAt = reader.timestamp("expires_at")
        spec.retentionSeconds = reader.double("retention_seconds")
        spec.actor = reader.string("actor")
        if let policy = reader.choice("on_dependency_failure", of: JobSpec.DependencyPolicy.self) {
            spec.onDependencyFailure = policy
        }
        if var join = reader.object("join") { spec.join = JoinRule.readStrictly(&join) }
        if let tags = reader.labels("tags") { spec.tags = tags }
        spec.size = reader.int("size", within: FieldBounds.size).map { Int64($0) }
        if let labels = reader.labels("labels") { spec.labels = labels }
        spec.callbackURL = reader.string("callback_url")
        if let trace = reader.string("traceparent") {
            spec.traceparent = trace
            if TraceContext(traceparent: trace) == nil {
                reader.fault(
                    "traceparent", "expected a W3C traceparent, such as 00-<32 digits>-<16 digits>-01")
            }
        }
    }

    private static func readStart(_ reader: inout JSONObjectReader, _ job: inout NewJob) {
        let moment = reader.timestamp("run_at")
        let delay = reader.double("delay_seconds")
        if moment != nil, delay != nil {
            reader.fault("delay_seconds", "cannot be combined with run_at")
        }
        if let moment {
            job.start = .at(moment)
        } else if let delay {
            job.start = .after(seconds: delay)
        }
    }

    private static func readDependencies(_ reader: inout JSONObjectReader, inBatch: Bool) -> [Dependency] {
        guard let texts = reader.strings("depends_on", maxCount: FieldBounds.dependencies.upperBound) else {
            return []
        }
        return texts.enumerated().compactMap { index, text in
            // By scalars: the first scalar of the ref can combine with the sign to one character.
            if inBatch, text.unicodeScalars.first == "#" {
                return .ref(String(text.unicodeScalars.dropFirst()))
            }
            if let id = JobID(text) { return .job(id) }
            let expected = inBatch ? "the ID of a job, or # and the ref of an entry" : "the ID of a job"
            reader.faults.add(reader.pointer(to: "depends_on").appending(index), "expected \(expected)")
            return nil
        }
    }
}

/// A submission in the form in which a store holds it.
private struct StoredNewJob: JSONReadable {
    let job: NewJob

    static func read(_ reader: inout JSONObjectReader) -> StoredNewJob {
        StoredNewJob(job: NewJob.readStored(&reader))
    }
}

extension NewJob: JSONWritable {
    /// Writes the submission without fields that have their default values.
    public func write(to writer: inout JSONWriter) {
        let defaults = JobSpec(kind: spec.kind)
        writer.object { writer in
            writer.field("kind", spec.kind)
            writer.field("payload", spec.payload)
            if !isRouted { writer.field("queue", spec.queue) }
            if spec.priority != defaults.priority { writer.field("priority", spec.priority) }
            switch start {
            case .now: break
            case .at(let moment): writer.field("run_at", moment)
            case .after(let seconds): writer.field("delay_seconds", seconds)
            }
            if spec.maxAttempts != defaults.maxAttempts { writer.field("max_attempts", spec.maxAttempts) }
            if spec.backoff != defaults.backoff { writer.field("backoff", spec.backoff) }
            if let seconds = spec.retentionSeconds { writer.field("retention_seconds", seconds) }
            writeOptions(&writer)
        }
    }

    private func writeOptions(_ writer: inout JSONWriter) {
        if let seconds = spec.timeoutSeconds { writer.field("timeout_seconds", seconds) }
        if let moment = spec.expiresAt { writer.field("expires_at", moment) }
        if let idempotencyKey { writer.field("idempotency_key", idempotencyKey) }
        if let unique { writer.field("unique", unique) }
        if let actor = spec.actor { writer.field("actor", actor) }
        if let ref { writer.field("ref", ref) }
        if !dependsOn.isEmpty {
            writer.field(
                "depends_on",
                dependsOn.map { dependency in
                    switch dependency {
                    case .job(let id): id.description
                    case .ref(let ref): "#" + ref
                    }
                })
        }
        if spec.onDependencyFailure != .cancel {
            writer.field("on_dependency_failure", spec.onDependencyFailure.rawValue)
        }
        if spec.join != JoinRule() { writer.field("join", spec.join) }
        if let parentID { writer.field("parent_id", parentID.description) }
        if !spec.tags.isEmpty { writer.field("tags", spec.tags) }
        if let size = spec.size { writer.field("size", size) }
        if !spec.labels.isEmpty { writer.field("labels", spec.labels) }
        if let url = spec.callbackURL { writer.field("callback_url", url) }
        if let trace = spec.traceparent { writer.field("traceparent", trace) }
    }
}

extension Backoff: JSONWritable {
    static func readStrictly(_ reader: inout JSONObjectReader) -> Backoff {
        let backoff = read(&reader)
        reader.finish()
        return backoff
    }

    static func read(_ reader: inout JSONObjectReader) -> Backoff {
        var backoff = Backoff()
        if let growth = reader.choice("type", of: Growth.self) { backoff.growth = growth }
        if let seconds = reader.double("initial_seconds") { backoff.initialSeconds = seconds }
        if let factor = reader.double("factor") { backoff.factor = factor }
        if let seconds = reader.double("max_seconds") { backoff.maxSeconds = seconds }
        if let jitter = reader.double("jitter") { backoff.jitter = jitter }
        return backoff
    }

    /// Writes the settings.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("type", growth.rawValue)
            writer.field("initial_seconds", initialSeconds)
            writer.field("factor", factor)
            writer.field("max_seconds", maxSeconds)
            writer.field("jitter", jitter)
        }
    }
}

extension UniqueRule: JSONWritable {
    private enum Scope: String, CaseIterable { case active }

    static func read(_ reader: inout JSONObjectReader) -> UniqueRule {
        var parts: Set<Part> = []
        let words = reader.needed("by", "an array of actor, kind, payload, queue") { $0.strings($1) } ?? []
        for (index, word) in words.enumerated() {
            if let part = Part(rawValue: word) {
                parts.insert(part)
            } else {
                reader.faults.add(
                    reader.pointer(to: "by").appending(index), "expected one of actor, kind, payload, queue")
            }
        }
        let window = reader.double("window_seconds")
        let scope = reader.choice("while", of: Scope.self)
        if window != nil, scope != nil {
            reader.fault("window_seconds", "cannot be combined with while")
        }
        reader.finish()
        return UniqueRule(
            by: parts,
            span: window.map { .window(seconds: $0) } ?? (scope == nil ? .keyLifetime : .whileActive))
    }

    /// Writes the rule.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("by", parts.sorted().map(\.rawValue))
            switch span {
            case .keyLifetime: break
            case .window(let seconds): writer.field("window_seconds", seconds)
            case .whileActive: writer.field("while", Scope.active.rawValue)
            }
        }
    }
}
