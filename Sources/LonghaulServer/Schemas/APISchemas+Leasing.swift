import LonghaulCore

/// The schemas of leases.
extension APISchemas {
    static let leasing: Group = [
        ("LeaseRequest", leaseRequest), ("WorkerInfo", workerInfo),
        (
            "Lease",
            .answer([
                .required("token", .token), .required("job", .named("Job")), .required("attempt", .count),
                .required("expires_at", .time), .required("heartbeat_seconds", .number),
                .required(
                    "journal",
                    .answer([
                        .required(
                            "operations", .list(.named("JournalOperation"), 0...JournalPage.leaseCount)),
                        .required("next_cursor", Schema.string().orNull),
                    ]).described("The first operations of the journal of a durable job.")),
            ])
        ),
        ("LeaseList", .answer([.required("leases", .list(.named("Lease")))])),
        ("Heartbeat", heartbeat), ("HeartbeatOutcome", heartbeatOutcome),
        ("NewProgress", newProgress), ("NewError", newError), ("NewLogLine", newLogLine),
        ("Completion", .request(completion)),
        (
            "CompletionList",
            .request([
                .required(
                    "completions",
                    .list(.request([.required("token", .plain())] + completion), FieldBounds.completions)
                )
            ])
        ),
        (
            "CompletionAnswers",
            .answer([
                .required(
                    "completions",
                    .list(
                        .answer([
                            .required("status", .count), .optional("job", .named("Job")),
                            .optional("problem", .named("Problem")),
                        ])))
            ])
        ),
        (
            "Failure",
            .request([
                .required("error", .named("NewError")),
                .optional("retryable", Schema.boolean.defaulting(JobError(type: "", message: "").retryable)),
                .optional(
                    "retry_in_seconds",
                    .seconds(FieldBounds.seconds).described("Replaces the job's back-off.")),
            ])
        ),
        ("LogBatch", .request([.required("lines", .list(.named("NewLogLine"), FieldBounds.logLines))])),
        ("StepOutput", .request([.required("output", .value)])),
    ]

    private static let completion: [Schema.Field] = [
        .optional("result", .value),
        .optional(
            "next",
            .list(.named("NextJob"), 0...FieldBounds.batch.upperBound).described(
                "Jobs that are submitted in the same transaction.")),
        .optional(
            "progress", .named("NewProgress").with("description", "The progress of the completed job.")),
    ]

    private static let leaseDefaults = LeaseRequest(worker: WorkerInfo(id: ""))

    private static let leaseRequest = Schema.request([
        .required("worker", .named("WorkerInfo")),
        .optional("queues", .list(.queue, FieldBounds.leasedQueues).defaulting(leaseDefaults.queues)),
        .optional(
            "kinds",
            .list(.kind, FieldBounds.leasedKinds).described(
                "Only jobs of these kinds, which must not begin with `\(JobSpec.reservedKindPrefix)`. An empty list "
                    + "selects every kind, and is refused for the queue `\(JobSpec.executionQueue)`.")),
        .optional("max_jobs", .integer(FieldBounds.leasedJobs).defaulting(leaseDefaults.maxJobs)),
        .optional("lease_seconds", .seconds(FieldBounds.leaseSeconds).defaulting(leaseDefaults.leaseSeconds)),
        .optional("wait_seconds", .seconds(FieldBounds.waitSeconds).defaulting(leaseDefaults.waitSeconds)),
    ])

    private static let workerInfo = Schema.request([
        .required(
            "id",
            .plain(FieldBounds.workerIDLength).described(
                "Unique among the running workers.")),
        .optional("name", .plain(FieldBounds.workerNameLength)),
        .optional("labels", .labels(FieldBounds.workerLabels)),
        .optional(
            "heartbeat_seconds",
            .seconds(FieldBounds.heartbeatSeconds).described(
                "The interval at which the worker calls /v1/leases/heartbeat, with or without leases. The worker is late "
                    + "when two heartbeats are missing. Without an interval, it is late after lease_seconds.")
        ),
    ])

    private static let heartbeat = Schema.request([
        .required("worker", .named("WorkerInfo")),
        .optional(
            "leases",
            .list(
                .request([
                    .required("token", .plain()), .optional("progress", .named("NewProgress")),
                ]))),
    ])

    private static let heartbeatOutcome = Schema.answer([
        .required(
            "renewed", .list(.answer([.required("token", .token), .required("expires_at", .time)]))),
        .required(
            "cancel",
            Schema.list(.token).described("Leases of cancelled jobs. Stop the work and report nothing.")),
        .required(
            "lost", Schema.list(.token).described("Leases that have ended. Stop the work and report nothing.")
        ),
    ])

    private static let newProgress = Schema.request([
        .required("percent", .percent),
        .optional(
            "message",
            .string().described("The server cuts it after \(Progress.maxMessageLength) characters.")),
    ])

    private static let newError = Schema.request([
        .required(
            "type",
            .string().with("minLength", 1).described(
                "A short name of the type of error. The server cuts it after \(JobError.maxTypeLength) characters."
            )),
        .required(
            "message",
            .string().described("The server cuts it after \(JobError.maxMessageLength) characters.")),
        .optional("details", .value),
        .optional(
            "retryable",
            Schema.boolean.defaulting(JobError(type: "", message: "").retryable).described(
                "Whether another attempt may succeed.")),
    ])

    private static let newLogLine = Schema.request([
        .required("at", .givenTime),
        .optional(
            "level",
            .choice(LogLine.Level.self).defaulting(
                LogLine(at: Timestamp(milliseconds: 0), message: "").level.rawValue)),
        .required("message", .string(FieldBounds.logLineLength)),
    ])
}
