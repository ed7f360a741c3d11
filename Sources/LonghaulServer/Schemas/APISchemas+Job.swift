import LonghaulCore

/// The schemas of jobs.
extension APISchemas {
    static let job: Group = [
        ("JobState", .choice(JobState.self)),
        ("Job", .answer(whatItIs + whereItStands + itsFamily + itsRules + itsJournal)),
        (
            "RelatedJob",
            .answer([
                .required("id", .uuid), .required("kind", .string()),
                .required("state", .named("JobState")), .required("result", .any),
                .required("error", Schema.named("JobError").orNull),
                .optional(
                    "result_omitted",
                    Schema.boolean.described("True if the result is too long to be included.")),
            ])
        ),
        (
            "JobPage",
            .page(
                of: .named("Job"),
                more: [
                    .optional(
                        "searched_to",
                        Schema.time.described(
                            "How far back a search with q has come; absent after its end."))
                ])
        ),
    ]

    private static let whatItIs: [Schema.Field] = [
        .required("id", .uuid), .required("kind", .string()), .required("queue", .string()),
        .required("state", .named("JobState")), .required("priority", .integer(FieldBounds.priority)),
        // A summary has neither these nor artifacts and attempts.
        .optional("payload", .any), .optional("result", .any),
        .required("error", Schema.named("JobError").orNull),
        .required("fingerprint", Schema.string().orNull),
        .required("progress", Schema.named("Progress").orNull),
        .required("attempt", .count), .required("max_attempts", .count),
    ]

    private static let whereItStands: [Schema.Field] = [
        .required("created_at", .time), .required("run_at", .time),
        .required("started_at", Schema.time.orNull),
        .required("finished_at", Schema.time.orNull),
        .required(
            "worker",
            Schema.answer([.required("id", .string()), .required("name", .string())]).orNull),
        .required("caller", .string()), .required("actor", Schema.string().orNull),
        .required("tags", .map(.string())),
        .optional("artifacts", .list(.named("Artifact"))), .optional("attempts", .list(.named("Attempt"))),
        .required(
            "position",
            Schema.count.orNull.described(
                "The number of jobs of its queue that run before it, while it is pending.")),
        .required("estimated_start_at", Schema.time.orNull),
    ]

    private static let itsFamily: [Schema.Field] = [
        .required("depends_on", .list(.uuid)), .required("parent_id", Schema.uuid.orNull),
        .required("dependencies", .list(.named("RelatedJob"))),
        .required("ancestors", .list(.named("RelatedJob"))),
        .required("children", .list(.uuid, 0...100)), .required("children_count", .count),
    ]

    private static let itsRules: [Schema.Field] = [
        .required(
            "backoff",
            .answer([
                .required("type", .choice(Backoff.Growth.self)), .required("initial_seconds", .number),
                .required("factor", .number), .required("max_seconds", .number), .required("jitter", .number),
            ])),
        .required("timeout_seconds", Schema.number.orNull), .required("expires_at", Schema.time.orNull),
        .required("retention_seconds", Schema.number.orNull),
        .required("on_dependency_failure", .choice(JobSpec.DependencyPolicy.self)),
        .required(
            "join",
            .answer([
                .required("wait_for", .anyOf([.choice(["all"]), .count])), .required("collect", .boolean),
            ])),
        .required("size", Schema.count.orNull), .required("labels", .map(.string())),
        .required("callback_url", Schema.string().orNull), .required("traceparent", Schema.string().orNull),
    ]

    /// Only durable jobs and paused jobs have these.
    private static let itsJournal: [Schema.Field] = [
        .optional("paused", Schema.boolean.described("Whether no worker receives the job.")),
        .optional(
            "cancelling",
            Schema.boolean.described(
                "Whether the job was cancelled and runs its compensations, or is an execution that stops.")),
        .optional("operations", Schema.count.described("The number of operations in its journal.")),
        .optional(
            "waits_for",
            .list(.named("OperationWait"), 0...OperationWait.maxShown).described(
                "While it is suspended: the first operations that it waits for.")),
    ]

    static let attempts: Group = [
        (
            "JobError",
            .answer([
                .required("type", .string()), .required("message", .string()), .required("details", .any),
                .required("retryable", .boolean),
            ])
        ),
        (
            "Progress",
            .answer([.required("percent", .percent), .required("message", Schema.string().orNull)])
        ),
        (
            "Attempt",
            .answer([
                .required("number", .count), .required("worker", .string()), .required("started_at", .time),
                .required("finished_at", Schema.time.orNull),
                .required("error", Schema.named("JobError").orNull),
            ])
        ),
        (
            "Artifact",
            .answer([
                .required("name", .string()), .required("size_bytes", .count),
                .required("content_type", .string()), .required("sha256", .string()),
                .required("url", .string()),
            ])
        ),
        (
            "LogLine",
            .answer([
                .required("number", .integer(1...Int.max)), .required("attempt", .count),
                .required("at", .time),
                .required("level", .choice(LogLine.Level.self)), .required("message", .string()),
            ])
        ),
        (
            "LogPage",
            .page(
                of: .named("LogLine"),
                more: [
                    .required(
                        "dropped",
                        Schema.count.described(
                            "The number of removed lines at the start of the log. A log keeps the newest 10,000 lines."
                        ))
                ])
        ),
    ]
}
