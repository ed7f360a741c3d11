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
                .required(
                    "jobs", .list(.named("BatchJob"), FieldBounds.batch),
                    "The jobs, all of which are stored, or none."),
                .optional(
                    "parent", .named("BatchJob"),
                    "A job that waits for all entries, which become its children."),
            ])
        ),
        (
            "JobCopy",
            newJob(.copy).described("Any fields of a new job. They replace those of the copy.")
        ),
        (
            "JobEdit",
            .request([
                .optional(
                    "priority", .integer(FieldBounds.priority), "The new priority; higher ones run first."),
                .optional("run_at", .givenTime, "When the job is due. It may have passed."),
                .optional(
                    "tags",
                    Schema.map(
                        Schema.plain(FieldBounds.tagValueLength).orNull,
                        keys: .plain(FieldBounds.tagNameLength), upTo: FieldBounds.editedTags.upperBound),
                    "The tags to set. A tag with the value null is removed."),
            ])
        ),
        (
            "BatchEntry",
            .answer([
                .required(
                    "status", Schema.integer(200...202).example(202),
                    "202 for a new job, 200 for one that an earlier submission with the same key created."),
                .required("job", .named("Job")),
            ])
        ),
        (
            "BatchAnswer",
            .answer([
                .required("jobs", .list(.named("BatchEntry")), "The jobs, in the order of the batch."),
                .optional("parent", .named("BatchEntry"), "The parent, if the batch has one."),
            ])
        ),
    ]

    private static let jobDefaults = JobSpec(kind: "")

    /// The calls that submit a job.
    private enum Place { case alone, entry, next, scheduled, child, copy }

    /// The child job of an operation, which identifies it.
    static let childJob = newJob(.child)

    private static func newJob(_ place: Place) -> Schema {
        Schema.request(work(place) + times(place) + keys(place) + relations(place) + labels(place))
            .with("not", bothStarts)
    }

    private static func work(_ place: Place) -> [Schema.Field] {
        let kind =
            "The kind, which selects the handler. It must not begin with `\(JobSpec.reservedKindPrefix)`."
        return [
            place == .copy ? .optional("kind", .kind, kind) : .required("kind", .kind, kind),
            .optional(
                "payload", .value,
                "The input: any JSON value, nested at most \(ValueRule.maxDepth) deep, stored unchanged."),
            .optional("queue", .queue.defaulting(jobDefaults.queue), "The queue."),
            .optional(
                "priority", .integer(FieldBounds.priority).defaulting(jobDefaults.priority),
                "Jobs with a higher priority run first."),
            .optional(
                "max_attempts", .integer(FieldBounds.maxAttempts).defaulting(jobDefaults.maxAttempts),
                "The attempt after which a failure is final."),
            .optional("backoff", .named("Backoff"), "The delays between attempts."),
            .optional(
                "timeout_seconds", .seconds(FieldBounds.timeoutSeconds),
                "The timeout of one attempt, in seconds. The worker enforces it."),
        ]
    }

    private static func times(_ place: Place) -> [Schema.Field] {
        let fields: [Schema.Field] = [
            .optional(
                "delay_seconds", .seconds(FieldBounds.seconds),
                "The time until the job becomes due, in seconds. Excludes run_at."),
            .optional(
                "retention_seconds", .seconds(FieldBounds.seconds),
                "The time for which the job is kept after its end, in seconds. The server has a default for each state."
            ),
        ]
        // The job of a schedule is submitted again and again.
        guard place != .scheduled else { return fields }
        return [
            .optional(
                "run_at", .givenTime, "The time at which the job becomes due. Excludes delay_seconds."),
            .optional(
                "expires_at", .givenTime,
                "A time in the future, after run_at: a job that has not started by then is cancelled."),
        ] + fields
    }

    private static func keys(_ place: Place) -> [Schema.Field] {
        let actor = Schema.Field.optional(
            "actor", .plain(FieldBounds.actorLength),
            "The user or service on whose behalf the job runs, for filters and unique.")
        let unique = Schema.Field.optional(
            "unique", .named("Unique"), "Makes the idempotency key on the server.")
        let key = Schema.Field.optional(
            "idempotency_key", .plain(FieldBounds.idempotencyKeyLength),
            "Repeated submissions with this key create one job. The key belongs to the caller.")
        switch place {
        case .child: return [actor]
        case .scheduled: return [unique, actor]
        default: return [key, unique, actor]
        }
    }

    private static func relations(_ place: Place) -> [Schema.Field] {
        let inBatch = place == .entry || place == .next
        var fields: [Schema.Field] = [
            .optional(
                "on_dependency_failure",
                .choice(JobSpec.DependencyPolicy.self).defaulting(jobDefaults.onDependencyFailure.rawValue),
                "What happens if a job in depends_on does not complete.")
        ]
        if place != .scheduled {
            let dependencies = Schema.list(inBatch ? reference : .uuid, FieldBounds.dependencies)
            fields += [
                .optional(
                    "depends_on", dependencies.with("uniqueItems", true), "The jobs that must end first."),
                .optional("join", .named("Join"), "How many dependencies the job waits for."),
            ]
        }
        // The parent of a next job and of a child job is the job of the worker.
        if place != .next, place != .child {
            fields.append(.optional("parent_id", .uuid, "The parent: a job that has not ended."))
        }
        return fields
    }

    private static func labels(_ place: Place) -> [Schema.Field] {
        let fields: [Schema.Field] = [
            .optional(
                "tags", .labels(place == .scheduled ? FieldBounds.scheduledTags : FieldBounds.tags),
                "Names and values for filters."),
            .optional("size", .integer(FieldBounds.size), "The size of the work, in a unit of your own."),
            .optional(
                "labels", .labels(FieldBounds.neededLabels),
                "The labels that a worker must have to get the job."),
            .optional(
                "callback_url", .string(FieldBounds.callbackURLBytes, pattern: callbackPattern),
                "The URL to which the server posts a signed webhook when the job ends: https, without user name and password, unless the server allows others. Refused if the server sends no webhooks."
            ),
            .optional(
                "traceparent", .string(pattern: traceparentPattern),
                "A W3C trace context. The traceparent header is used if it is absent."),
        ]
        guard place == .entry || place == .next else { return fields }
        return fields + [
            .optional("ref", .plain(FieldBounds.refLength), "A name for depends_on of other entries.")
        ]
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
        .optional(
            "type", .choice(Backoff.Growth.self).defaulting(Backoff().growth.rawValue), "How the delay grows."
        ),
        .optional(
            "initial_seconds", .seconds(FieldBounds.seconds).defaulting(Backoff().initialSeconds),
            "The delay after the first failure, in seconds."),
        .optional(
            "factor", .number(FieldBounds.backoffFactor).defaulting(Backoff().factor),
            "Each delay of an exponential back-off is this many times the one before."),
        .optional(
            "max_seconds", .seconds(FieldBounds.seconds).defaulting(Backoff().maxSeconds),
            "The maximum delay, in seconds."),
        .optional(
            "jitter", .number(FieldBounds.backoffJitter).defaulting(Backoff().jitter),
            "The random part of each delay: 0.2 means up to 20 % more or less."),
    ])

    private static let unique = Schema.request([
        .required(
            "by", .list(.choice(UniqueRule.Part.self), 1...Int.max),
            "The parts of the job that make it unique."),
        .optional(
            "window_seconds", .seconds(FieldBounds.uniqueWindowSeconds),
            "One job in each window of this length, in seconds. Excludes while."),
        .optional("while", .choice(["active"]), "One job that has not ended. Excludes window_seconds."),
    ]).with(
        "not",
        Schema.any.with("required", ["window_seconds", "while"]).with(
            "properties",
            Schema.any.with("window_seconds", Schema.any.with("type", "number"))
                .with("while", Schema.any.with("type", "string")))
    ).described("Derives the idempotency key on the server. actor requires the actor of the job.")

    private static let join = Schema.request([
        .optional(
            "wait_for",
            Schema.anyOf([
                Schema.choice(["all"]), .integer(1...FieldBounds.dependencies.upperBound),
            ]).defaulting("all"), "The number of depends_on that must complete."),
        .optional(
            "collect", .boolean.defaulting(JoinRule().collects),
            "The job completes without an attempt, with their results."),
    ])
}
