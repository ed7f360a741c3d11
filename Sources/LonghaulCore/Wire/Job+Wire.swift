public import LonghaulJSON

/// The parts of a job that an answer or a webhook can leave out.
struct JobParts: OptionSet {
    let rawValue: Int

    static let payload = JobParts(rawValue: 1)
    static let result = JobParts(rawValue: 2)
    static let artifacts = JobParts(rawValue: 4)
    static let attempts = JobParts(rawValue: 8)
    /// The jobs around it.
    static let family = JobParts(rawValue: 16)
    /// Its place among the pending jobs.
    static let place = JobParts(rawValue: 32)
    static let all: JobParts = [.payload, .result, .artifacts, .attempts, .family, .place]
}

extension Job: JSONWritable {
    /// Writes the job as the API returns it.
    public func write(to writer: inout JSONWriter) {
        write(to: &writer, isSummary: false)
    }

    /// Writes the job as the API returns it.
    ///
    /// - Parameter isSummary: whether `payload`, `result`, `artifacts` and `attempts` are omitted.
    public func write(to writer: inout JSONWriter, isSummary: Bool) {
        write(to: &writer, parts: isSummary ? [.family, .place] : .all)
    }

    /// Writes these parts of the job, and then further fields.
    func write(to writer: inout JSONWriter, parts: JobParts, more: (inout JSONWriter) -> Void = { _ in }) {
        writer.object { writer in
            writer.field("id", id.description)
            writer.field("kind", spec.kind)
            writer.field("queue", spec.queue)
            writer.field("state", state.rawValue)
            writer.field("priority", spec.priority)
            if parts.contains(.payload) { writer.field("payload", spec.payload) }
            if parts.contains(.result) { writer.field("result", result) }
            writer.field("error", error)
            writer.field("fingerprint", fingerprint)
            writer.field("progress", progress)
            writer.field("attempt", attempt)
            writer.field("max_attempts", spec.maxAttempts)
            writer.field("created_at", createdAt)
            writer.field("run_at", runAt)
            writer.field("started_at", startedAt)
            writer.field("finished_at", finishedAt)
            writer.field("worker", worker)
            writer.field("caller", caller)
            writer.field("actor", spec.actor)
            writer.field("tags", spec.tags)
            writer.field("depends_on", dependsOn.map(\.description))
            writer.field("parent_id", parentID?.description)
            if parts.contains(.family) { writeFamily(&writer) }
            if parts.contains(.artifacts) {
                writer.array("artifacts") { writer in
                    for artifact in artifacts { artifact.write(to: &writer, of: id) }
                }
            }
            if parts.contains(.attempts) { writer.field("attempts", attempts) }
            if parts.contains(.place) {
                writer.field("position", position)
                writer.field("estimated_start_at", estimatedStartAt)
            }
            writeRules(&writer)
            if isDurable { writeDurable(&writer) }
            more(&writer)
        }
    }

    /// Whether the job has a journal, or a state that only jobs with a journal or paused jobs have.
    private var isDurable: Bool { operationCount > 0 || isPaused || isCancelling || state == .suspended }

    private func writeDurable(_ writer: inout JSONWriter) {
        writer.field("paused", isPaused)
        writer.field("cancelling", isCancelling)
        writer.field("operations", operationCount)
        writer.field("waits_for", waitsFor)
    }

    private func writeFamily(_ writer: inout JSONWriter) {
        writer.field("dependencies", dependencies)
        writer.field("ancestors", ancestors)
        writer.field("children", children.map(\.description))
        writer.field("children_count", childrenCount)
    }

    private func writeRules(_ writer: inout JSONWriter) {
        writer.field("backoff", spec.backoff)
        writer.field("timeout_seconds", spec.timeoutSeconds)
        writer.field("expires_at", spec.expiresAt)
        writer.field("retention_seconds", spec.retentionSeconds)
        writer.field("on_dependency_failure", spec.onDependencyFailure.rawValue)
        writer.field("join", spec.join)
        writer.field("size", spec.size)
        writer.field("labels", spec.labels)
        writer.field("callback_url", spec.callbackURL)
        writer.field("traceparent", spec.traceparent)
    }
}

extension Job: JSONReadable {
    /// Reads a job, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> Job {
        let id = reader.needed("id", "the ID of a job") { $0.jobID($1) }
        let state = reader.needed("state", "a state") { $0.choice($1, of: JobState.self) }
        let createdAt = reader.needed("created_at", "a time") { $0.timestamp($1) } ?? .distantFuture
        var job = Job(
            id: id ?? JobID(high: 0, low: 0), spec: readSpec(&reader), state: state ?? .pending,
            caller: reader.string("caller") ?? "", createdAt: createdAt,
            runAt: reader.timestamp("run_at") ?? createdAt)
        job.dependsOn = reader.strings("depends_on")?.compactMap { JobID($0) } ?? []
        job.parentID = reader.jobID("parent_id")
        job.dependencies = reader.objects("dependencies", RelatedJob.read) ?? []
        job.ancestors = reader.objects("ancestors", RelatedJob.read) ?? []
        job.children = reader.strings("children")?.compactMap { JobID($0) } ?? []
        job.childrenCount = reader.int("children_count").map(Int.init) ?? 0
        job.attempt = reader.int("attempt").map(Int.init) ?? 0
        job.startedAt = reader.timestamp("started_at")
        job.finishedAt = reader.timestamp("finished_at")
        if var worker = reader.object("worker") {
            job.worker = WorkerRef(
                id: worker.requiredString("id") ?? "", name: worker.requiredString("name") ?? "")
        }
        if var progress = reader.object("progress") { job.progress = Progress.read(&progress) }
        job.result = reader.text("result").flatMap { $0.isNull && job.state != .completed ? nil : $0 }
        if var error = reader.object("error") { job.error = JobError.read(&error) }
        job.fingerprint = reader.string("fingerprint")
        job.artifacts = reader.objects("artifacts", Artifact.read) ?? []
        job.attempts = reader.objects("attempts", Attempt.read) ?? []
        job.isPaused = reader.bool("paused") ?? false
        job.isCancelling = reader.bool("cancelling") ?? false
        job.operationCount = reader.int("operations").map(Int.init) ?? 0
        job.waitsFor = reader.objects("waits_for", OperationWait.read) ?? []
        job.position = reader.int("position").map(Int.init)
        job.estimatedStartAt = reader.timestamp("estimated_start_at")
        return job
    }

    private static func readSpec(_ reader: inout JSONObjectReader) -> JobSpec {
        var spec = JobSpec(
            kind: reader.requiredString("kind") ?? "", payload: reader.text("payload") ?? .null,
            queue: reader.requiredString("queue") ?? "")
        if let priority = reader.int("priority") { spec.priority = Int(priority) }
        if let attempts = reader.int("max_attempts") { spec.maxAttempts = Int(attempts) }
        spec.actor = reader.string("actor")
        spec.tags = reader.labels("tags") ?? [:]
        if var backoff = reader.object("backoff") { spec.backoff = Backoff.read(&backoff) }
        spec.timeoutSeconds = reader.double("timeout_seconds")
        spec.expiresAt = reader.timestamp("expires_at")
        spec.retentionSeconds = reader.double("retention_seconds")
        if let policy = reader.choice("on_dependency_failure", of: JobSpec.DependencyPolicy.self) {
            spec.onDependencyFailure = policy
        }
        if var join = reader.object("join") { spec.join = JoinRule.read(&join) }
        spec.size = reader.int("size")
        spec.labels = reader.labels("labels") ?? [:]
        spec.callbackURL = reader.string("callback_url")
        spec.traceparent = reader.string("traceparent")
        return spec
    }
}

extension WorkerRef: JSONWritable {
    /// Writes ID and name.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id)
            writer.field("name", name)
        }
    }
}

extension Progress: JSONWritable {
    static func readStrictly(_ reader: inout JSONObjectReader) -> Progress {
        let progress = read(&reader)
        reader.finish()
        return progress
    }

    static func read(_ reader: inout JSONObjectReader) -> Progress {
        Progress(
            percent: reader.needed("percent", "a number") { $0.double($1, in: FieldBounds.percent) } ?? 0,
            message: reader.string("message", allowNUL: true))
    }

    /// Writes percent and message.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("percent", percent)
            writer.field("message", message)
        }
    }
}

extension JobError: JSONReadable, JSONWritable {
    /// Reads an error, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> JobError {
        JobError(
            type: reader.requiredString("type", allowNUL: true) ?? "",
            message: reader.requiredString("message", allowNUL: true) ?? "",
            details: reader.text("details").flatMap { $0.isNull ? nil : $0 },
            retryable: reader.bool("retryable") ?? true)
    }

    /// Reads the error in a report of a failure, whose `retryable` is beside it.
    static func read(reported reader: inout JSONObjectReader) -> JobError {
        if reader.node("retryable") != nil {
            reader.fault("retryable", "belongs beside the error, as /retryable")
        }
        return JobError(
            type: reader.requiredString("type", allowNUL: true) ?? "",
            message: reader.requiredString("message", allowNUL: true) ?? "",
            details: reader.text("details").flatMap { $0.isNull ? nil : $0 })
    }

    /// Writes the error.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writeReport(to: &writer)
            writer.field("retryable", retryable)
        }
    }

    /// Writes the fields of the error in a report of a failure.
    func writeReport(to writer: inout JSONWriter) {
        writer.field("type", type)
        writer.field("message", message)
        writer.field("details", details)
    }
}

extension Attempt: JSONWritable {
    static func read(_ reader: inout JSONObjectReader) -> Attempt {
        var attempt = Attempt(
            number: reader.int("number").map(Int.init) ?? 0, worker: reader.string("worker") ?? "",
            startedAt: reader.needed("started_at", "a time") { $0.timestamp($1) } ?? .distantFuture)
        attempt.finishedAt = reader.timestamp("finished_at")
        if var error = reader.object("error") { attempt.error = JobError.read(&error) }
        return attempt
    }

    /// Writes the attempt.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("number", number)
            writer.field("worker", worker)
            writer.field("started_at", startedAt)
            writer.field("finished_at", finishedAt)
            writer.field("error", error)
        }
    }
}

extension Artifact: JSONReadable {
    /// Reads the metadata of a file, leniently. The fence is not part of the API.
    public static func read(_ reader: inout JSONObjectReader) -> Artifact {
        Artifact(
            name: reader.requiredString("name") ?? "", sizeBytes: reader.int("size_bytes") ?? 0,
            contentType: reader.string("content_type") ?? "", sha256: reader.string("sha256") ?? "", fence: 0)
    }

    /// Writes the artifact of a job, with its path in the API.
    public func write(to writer: inout JSONWriter, of job: JobID) {
        writer.object { writer in
            writer.field("name", name)
            writer.field("size_bytes", sizeBytes)
            writer.field("content_type", contentType)
            writer.field("sha256", sha256)
            writer.field("url", "/v1/jobs/\(job)/artifacts/\(PathSegment.encode(name))")
        }
    }
}

/// Texts as segments of a URL's path.
public enum PathSegment {
    /// The text with every byte percent-encoded, except the unreserved ones of RFC 3986.
    public static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            if NameBytes.isNameByte(byte) || byte == UInt8(ascii: "~") {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += "%" + SHA256.hexadecimal([byte]).uppercased()
            }
        }
        return encoded
    }
}
