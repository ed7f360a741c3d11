import LonghaulCore

/// The schemas of leases.
extension APISchemas {
    static let leasing: Group = [
        ("LeaseRequest", leaseRequest), ("WorkerInfo", workerInfo), ("Lease", lease),
        (
            "LeaseList",
            .answer([
                .required(
                    "leases", .list(.named("Lease")), "The leases; empty if the time to wait has passed.")
            ])
        ),
        ("Heartbeat", heartbeat), ("HeartbeatOutcome", heartbeatOutcome),
        ("NewProgress", newProgress), ("NewError", .request(newError)),
        (
            "StepError",
            .request(
                newError + [
                    .optional(
                        "retryable", Schema.boolean.defaulting(JobError(type: "", message: "").retryable),
                        "Whether another attempt may succeed.")
                ])
        ),
        ("NewLogLine", newLogLine),
        ("Completion", .request(completion)), ("CompletionList", completionList),
        ("CompletionAnswers", completionAnswers), ("Failure", failure),
        (
            "LogBatch",
            .request([
                .required(
                    "lines", .list(.named("NewLogLine"), FieldBounds.logLines), "The lines, oldest first.")
            ])
        ),
        (
            "StepOutput",
            .request([
                .required(
                    "output", .value.example(json: #"{"bytes": 5}"#),
                    "The output of the step: any JSON value, nested at most \(ValueRule.maxDepth) deep.")
            ])
        ),
    ]

    private static let lease = Schema.answer([
        .required("token", .token, "Names the attempt in each later call."),
        .required("job", .named("Job")),
        .required("attempt", Schema.count.example(1), "The number of the attempt, from 1."),
        .required("expires_at", .time, "When the lease ends without a heartbeat."),
        .required(
            "heartbeat_seconds", Schema.number.example(10),
            "Renew this lease at least this often, in seconds: a third of `lease_seconds`."),
        .required(
            "journal",
            .answer([
                .required(
                    "operations",
                    Schema.list(.named("JournalOperation"), 0...JournalPage.leaseCount).example(json: "[]"),
                    "The operations, in order."),
                .required(
                    "next_cursor", Schema.string().orNull,
                    "The `cursor` of the next operations; null if these are all."),
            ]), "The first operations of the journal of a durable job."),
    ]).described("The right to run one attempt of one job, until it expires.")

    private static let completion: [Schema.Field] = [
        .optional(
            "result", .value,
            "The output of the job: any JSON value, nested at most \(ValueRule.maxDepth) deep."),
        .optional(
            "next", .list(.named("NextJob"), 0...FieldBounds.batch.upperBound),
            "Jobs that are submitted in the same transaction."),
        .optional("progress", .named("NewProgress"), "The progress of the completed job."),
    ]

    private static let completionList = Schema.request([
        .required(
            "completions",
            .list(
                .request([.required("token", .plain(), "The token of the lease.")] + completion),
                FieldBounds.completions), "The completions, each of one lease.")
    ])

    private static let completionAnswers = Schema.answer([
        .required(
            "completions",
            .list(
                .answer([
                    .required(
                        "status", Schema.count.example(200),
                        "The status that the single call would have: 200 if done."),
                    .optional("job", .named("Job"), "The completed job. Absent with `fields=status`."),
                    .optional("problem", .named("Problem"), "Why the completion was refused."),
                ])), "The answers, in the order of the completions.")
    ])

    private static let failure = Schema.request([
        .required("error", .named("NewError"), "Why the attempt failed."),
        .optional(
            "retryable", Schema.boolean.defaulting(JobError(type: "", message: "").retryable),
            "Whether another attempt may succeed. false makes the job a dead letter."),
        .optional(
            "retry_in_seconds", .seconds(FieldBounds.seconds),
            "The delay before the next attempt, in seconds. It replaces the job's back-off."),
    ])

    private static let leaseDefaults = LeaseRequest(worker: WorkerInfo(id: ""))

    private static let leaseRequest = Schema.request([
        .required("worker", .named("WorkerInfo"), "What the worker says about itself."),
        .optional(
            "queues", .list(.queue, FieldBounds.leasedQueues).defaulting(leaseDefaults.queues),
            "The queues, the most urgent first."),
        .optional(
            "kinds", .list(.kind, FieldBounds.leasedKinds),
            "Only jobs of these kinds, which must not begin with `\(JobSpec.reservedKindPrefix)`. An empty list "
                + "selects every kind, and is refused for the queue `\(JobSpec.executionQueue)`."),
        .optional(
            "max_jobs", .integer(FieldBounds.leasedJobs).defaulting(leaseDefaults.maxJobs),
            "The maximum number of leases. Ask only for jobs that can start soon."),
        .optional(
            "lease_seconds", .seconds(FieldBounds.leaseSeconds).defaulting(leaseDefaults.leaseSeconds),
            "How long a lease lasts without a heartbeat, in seconds. It has no relation to the length of a job."
        ),
        .optional(
            "wait_seconds", .seconds(FieldBounds.waitSeconds).defaulting(leaseDefaults.waitSeconds),
            "How long the call waits for the first job, in seconds."),
    ])

    private static let workerInfo = Schema.request([
        .required("id", .plain(FieldBounds.workerIDLength), "Unique among the running workers."),
        .optional("name", .plain(FieldBounds.workerNameLength), "A name for people. The default is the id."),
        .optional(
            "labels", .labels(FieldBounds.workerLabels),
            "A job with labels goes only to workers that have them all."),
        .optional(
            "heartbeat_interval_seconds", .seconds(FieldBounds.heartbeatIntervalSeconds),
            "The interval at which the worker promises to call /v1/leases/heartbeat, with or without leases, in seconds. "
                + "The worker is late when two heartbeats are missing. Without an interval, it is late after lease_seconds."
        ),
    ])

    private static let heartbeat = Schema.request([
        .required("worker", .named("WorkerInfo"), "The worker. Only its id counts."),
        .optional(
            "leases",
            .list(
                .request([
                    .required("token", .plain(), "The token of the lease."),
                    .optional("progress", .named("NewProgress"), "The progress of the job."),
                ])), "The leases to renew."),
    ])

    private static let heartbeatOutcome = Schema.answer([
        .required(
            "renewed",
            .list(
                .answer([
                    .required("token", .token, "The token of the lease."),
                    .required("expires_at", .time, "When it ends without another heartbeat."),
                ])), "The leases that continue."),
        .required(
            "cancel", Schema.list(.token).example(json: "[]"),
            "Leases of cancelled jobs. Stop the work and report nothing."),
        .required(
            "lost", Schema.list(.token).example(json: "[]"),
            "Leases that have ended. Stop the work and report nothing."),
    ])

    private static let newProgress = Schema.request([
        .required("percent", .percent, "The share of the work that is done, in percent."),
        .optional(
            "message", .string(),
            "The current step, for people. The server cuts it after \(Progress.maxMessageLength) characters."),
    ])

    private static let newError: [Schema.Field] = [
        .required(
            "type", .string().with("minLength", 1),
            "A short name of the type of error. The server cuts it after \(JobError.maxTypeLength) characters."
        ),
        .required(
            "message", .string(),
            "What happened, for people. The server cuts it after \(JobError.maxMessageLength) characters."),
        .optional("details", .value, "Any JSON value, such as a stack trace."),
    ]

    private static let newLogLine = Schema.request([
        .required("at", .givenTime, "When the line was written."),
        .optional(
            "level",
            .choice(LogLine.Level.self).defaulting(
                LogLine(at: Timestamp(milliseconds: 0), message: "").level.rawValue), "The severity."),
        .required("message", .string(FieldBounds.logLineLength), "The text of the line."),
    ])
}
