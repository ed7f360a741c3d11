import LonghaulJSON

extension NewJob {
    /// A new job with the work of another one: its kind, queue, payload, retries, limits, tags and labels. It has no parent,
    /// no dependencies and no idempotency key, and it is due at once.
    public init(copying job: Job) {
        var spec = JobSpec(kind: job.spec.kind, payload: job.spec.payload, queue: job.spec.queue)
        spec.priority = job.spec.priority
        spec.maxAttempts = job.spec.maxAttempts
        spec.backoff = job.spec.backoff
        spec.timeoutSeconds = job.spec.timeoutSeconds
        spec.retentionSeconds = job.spec.retentionSeconds
        spec.actor = job.spec.actor
        spec.tags = job.spec.tags
        spec.size = job.spec.size
        spec.labels = job.spec.labels
        spec.callbackURL = job.spec.callbackURL
        self.init(spec)
        namesDefaultQueue = spec.queue == JobSpec.defaultQueue
    }

    /// The job with the fields of a JSON object in place of its own.
    ///
    /// - Parameter body: an object with any fields of a new job; empty for none.
    /// - Throws: ``LonghaulError`` `invalid_request` with the places in the body.
    public func replacingFields(from body: [UInt8]) throws(LonghaulError) -> NewJob {
        guard !body.isEmpty else { return self }
        guard let given = try? JSONDocument(parsing: body).root, given.kind == .object else {
            return try NewJob.decode(body)
        }
        var own = JSONWriter()
        write(to: &own)
        var merged = JSONWriter()
        merged.object { writer in
            let members = (try? JSONDocument(parsing: own.bytes).root.members) ?? []
            let names = Set(members.map(\.key))
            // A null means that the field is absent.
            let fields = given.members.filter { !$0.value.isNull || !names.contains($0.key) }
            let replaced = Set(fields.map(\.key))
            for (key, value) in members where !replaced.contains(key) { writer.field(key, value.text) }
            for (key, value) in fields { writer.field(key, value.text) }
        }
        return try NewJob.decode(merged.bytes)
    }
}
