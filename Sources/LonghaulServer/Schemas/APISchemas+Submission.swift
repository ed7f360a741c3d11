import LonghaulCore

/// The schemas of submissions.
extension APISchemas {
    static let submission: Group = [
        ("NewJob", newJob(.alone)), ("BatchJob", newJob(.entry)), ("NextJob", newJob(.next)),
        ("ScheduledJob", newJob(.scheduled)),
        ("Backoff", backoff),
        ("Unique", unique),
        ("Join", join),
        (
            "Batch",
            .request([
                .required("jobs", .list(.named("BatchJob"), FieldBounds.batch)),
                .optional(
                    "parent",
                    .named("BatchJob").with(
                        "description", "A job that waits for all entries, which become its children.")),
            ])
        ),
        (
            "JobCopy",
            newJob(.copy).described("Any fields of a new job. They replace those of the copy.")
        ),
        (
            "JobEdit",
            .request([
                .optional("priority", .integer(FieldBounds.priority)), .optional("run_at", .givenTime),
                .optional(
                    "tags",
                    Schema.map(
                        Schema.plain(FieldBounds.tagValueLength).orNull,
                        keys: .plain(FieldBounds.tagNameLength), upTo: FieldBounds.editedTags.upperBound
                    ).described("The tags to set. A tag with the value null is removed.")),
            ])
        ),
        (
            "BatchEntry",
            .answer([.required("status", Schema.integer(200...202)), .required("job", .named("Job"))])
        ),
        (
            "BatchAnswer",
            .answer([
                .required("jobs", .list(.named("BatchEntry"))), .optional("parent", .named("BatchEntry")),
            ])
        ),
    ]

    private static let jobDefaults = JobSpec(kind: "")

    /// The calls that submit a job.
    private enum Place { case alone, entry, next, scheduled, child, copy }

    /// The child job of an operation, which identifies it.
    static let childJob = newJob(.child)

    private static func newJob(_ place: Place) -> Schema {
        let inBatch = place == .entry || place == .next
        let isScheduled = place == .scheduled
        let isChild = place == .child
        let kind = Schema.kind.described(
            "The kind, which selects the handler. It must not begin with `\(JobSpec.reservedKindPrefix)`.")
        let job = Schema.request(
            [
                place == .copy ? .optional("kind", kind) : .required("kind", kind),
                .optional(
                    "payload",
                    .value.described(
                        "The input: any JSON value, nested at most \(ValueRule.maxDepth) deep, stored unchanged."
                    )),
                .optional("queue", .queue.defaulting(jobDefaults.queue)),
                .optional(
                    "priority",
                    .integer(FieldBounds.priority).defaulting(jobDefaults.priority).described(
                        "Jobs with a higher priority run first.")),
                .optional(
                    "run_at",
                    isScheduled
                        ? .null
                        : .givenTime.described(
                            "The time at which the job becomes due. Excludes delay_seconds.")
                ),
                .optional("delay_seconds", .seconds(FieldBounds.seconds)),
                .optional(
                    "max_attempts", .integer(FieldBounds.maxAttempts).defaulting(jobDefaults.maxAttempts)),
                .optional("backoff", .named("Backoff")),
                .optional(
                    "timeout_seconds",
                    .seconds(FieldBounds.timeoutSeconds).described("The timeout of one attempt.")),
                .optional(
                    "expires_at",
                    isScheduled
                        ? .null
                        : .givenTime.described(
                            "A time in the future, after run_at: a job that has not started by then is cancelled."
                        )),
                .optional(
                    "retention_seconds",
                    .seconds(FieldBounds.seconds).described(
                        "The time for which the job is kept after its end. The server has a default for each state."
                    )),
                .optional(
                    "idempotency_key",
                    isScheduled || isChild ? .null : .plain(FieldBounds.idempotencyKeyLength)),
                .optional("unique", isChild ? .null : .named("Unique")),
                .optional(
                    "actor",
                    .plain(FieldBounds.actorLength).described(
                        "The user or service on whose behalf the job runs, for filters and unique.")),
                .optional(
                    "depends_on",
                    isScheduled
                        ? .null
                        : .list(inBatch ? reference : .uuid, FieldBounds.dependencies).with(
                            "uniqueItems", true
                        ).described("The jobs that must end first.")),
                .optional(
                    "on_dependency_failure",
                    .choice(JobSpec.DependencyPolicy.self).defaulting(
                        jobDefaults.onDependencyFailure.rawValue)),
                .optional("join", isScheduled ? plainJoin : .named("Join")),
                .optional(
                    "parent_id",
                    place == .next || isChild ? .null : .uuid.described("A job that has not ended.")),
                .optional(
                    "tags",
                    Schema.labels(isScheduled ? FieldBounds.scheduledTags : FieldBounds.tags).described(
                        "Labels for filters.")),
                .optional(
                    "size",
                    Schema.integer(FieldBounds.size).described(
                        "The size of the work, in a unit of your own.")),
                .optional(
                    "labels",
                    Schema.labels(FieldBounds.neededLabels).described(
                        "The labels that a worker must have to get the job.")),
                .optional(
                    "callback_url",
                    .string(FieldBounds.callbackURLBytes, pattern: callbackPattern).described(
                        "The URL to which the server posts a signed webhook when the job ends: https, without user name and password, unless the server allows others. Refused if the server sends no webhooks."
                    )),
                .optional(
                    "traceparent",
                    .string(pattern: traceparentPattern).described(
                        "A W3C trace context. The traceparent header is used if it is absent.")),
            ]
                + (inBatch
                    ? [
                        .optional(
                            "ref",
                            .plain(FieldBounds.refLength).described("A name for depends_on of other entries.")
                        )
                    ]
                    : []))
        return job.with("not", bothStarts)
    }

    /// The identifier of a job, or the `ref` of another entry.
    private static let reference = Schema.anyOf([
        .uuid,
        .string(
            FieldBounds.refLength.lowerBound + 1...FieldBounds.refLength.upperBound + 1,
            pattern: "^#[^\\u0000]{1,\(FieldBounds.refLength.upperBound)}$"),
    ])

    /// run_at and delay_seconds exclude each other.
    private static let bothStarts = Schema.any.with("required", ["run_at", "delay_seconds"]).with(
        "properties",
        Schema.any.with("run_at", Schema.any.with("type", "string"))
            .with("delay_seconds", Schema.any.with("type", "number")))

    private static let callbackPattern =
        "^[Hh][Tt][Tt][Pp][Ss]?://(\\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*\\]|[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63}){0,3}\\.?)"
        + "(:[1-9][0-9]{0,3})?([/?#][!#-;=?-\\[\\]_a-z~]*)?$"

    private static let traceparentPattern =
        "^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$"

    private static let backoff = Schema.request([
        .optional("type", .choice(Backoff.Growth.self).defaulting(Backoff().growth.rawValue)),
        .optional("initial_seconds", .seconds(FieldBounds.seconds).defaulting(Backoff().initialSeconds)),
        .optional("factor", .number(FieldBounds.backoffFactor).defaulting(Backoff().factor)),
        .optional("max_seconds", .seconds(FieldBounds.seconds).defaulting(Backoff().maxSeconds)),
        .optional("jitter", .number(FieldBounds.backoffJitter).defaulting(Backoff().jitter)),
    ])

    private static let unique = Schema.request([
        .required("by", .list(.choice(UniqueRule.Part.self), 1...Int.max)),
        .optional("window_seconds", .seconds(FieldBounds.uniqueWindowSeconds).described("Excludes while.")),
        .optional("while", .choice(["active"])),
    ]).with(
        "not",
        Schema.any.with("required", ["window_seconds", "while"]).with(
            "properties",
            Schema.any.with("window_seconds", Schema.any.with("type", "number"))
                .with("while", Schema.any.with("type", "string")))
    ).described("Derives the idempotency key on the server. actor requires the actor of the job.")

    /// A job of a schedule cannot have dependencies.
    private static let plainJoin = Schema.request([
        .optional("wait_for", .choice(["all"])), .optional("collect", Schema.boolean.with("enum", [false])),
    ])

    private static let join = Schema.request([
        .optional(
            "wait_for",
            Schema.anyOf([
                Schema.choice(["all"]), .integer(1...FieldBounds.dependencies.upperBound),
            ]).defaulting("all").described("The number of depends_on that must complete.")),
        .optional(
            "collect",
            Schema.boolean.defaulting(JoinRule().collects).described(
                "The job completes without an attempt, with their results.")),
    ])
}
