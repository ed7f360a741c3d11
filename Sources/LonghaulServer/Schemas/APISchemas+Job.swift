import LonghaulCore

/// The schemas of jobs.
extension APISchemas {
    static let job: Group = [
        (
            "JobState",
            Schema.choice(JobState.self).example("completed").described(
                "`scheduled`: not due yet. `blocked`: waits for the jobs in `depends_on`. `pending`: due, waits for a worker. "
                    + "`processing`: leased to a worker. `retrying`: waits for its next attempt. `suspended`: a durable job "
                    + "that waits for an operation, without a worker. `completed`, `failed` and `cancelled` are final."
            )
        ),
        (
            "Job",
            Schema.answer(identity + progressOfJob + times + relations + rules + journalFields)
                .described("A job, as the server stores it.")
        ),
        (
            "RelatedJob",
            Schema.answer([
                .required("id", .uuid, "The job's identifier."),
                .required("kind", Schema.string().example("mail.send"), "Its kind."),
                .required("state", .named("JobState")),
                .required("result", .any, "Its result; null before it has completed."),
                .required("error", Schema.named("JobError").orNull, "Its latest error; null without one."),
                .optional(
                    "result_omitted", .boolean, "True if the result is too long to be included."),
            ]).described("A job that another job refers to, with its result.")
        ),
        (
            "JobPage",
            Schema.page(
                of: .named("Job"),
                more: [
                    .optional(
                        "searched_to", .time,
                        "With `q`: the creation time of the oldest job that the call has read. Absent if it has read all."
                    )
                ]
            ).described("Jobs, newest first.")
        ),
    ]

    private static let identity: [Schema.Field] = [
        .required("id", .uuid, "The job's identifier. It never changes."),
        .required("kind", Schema.string().example("mail.send"), "The kind, which selects the handler."),
        .required("queue", Schema.string().example("mail"), "The queue."),
        .required("state", .named("JobState")),
        .required(
            "priority", .integer(FieldBounds.priority).example(5), "Jobs with a higher priority run first."),
        // A summary has neither these nor artifacts and attempts.
        .optional(
            "payload", Schema.any.example(json: #"{"to": "a@example.com"}"#),
            "The input of the job. Absent with `fields=summary`."),
        .optional(
            "result", Schema.any.example(json: #"{"message_id": "m-1"}"#),
            "The output of the job; null before it has completed. Absent with `fields=summary`."),
        .required("error", Schema.named("JobError").orNull, "The error of the latest failed attempt."),
        .required(
            "fingerprint", Schema.string().orNull,
            "The group of the dead letter, as in `/v1/dead-letters/groups`; null for other jobs."),
    ]

    private static let progressOfJob: [Schema.Field] = [
        .required(
            "progress", Schema.named("Progress").orNull.example(json: #"{"percent": 100, "message": null}"#),
            "The latest progress that a worker reported."),
        .required(
            "attempt", Schema.count.example(1),
            "The number of the current or latest attempt; 0 before the first."),
        .required(
            "max_attempts", Schema.count.example(4), "The attempt after which a failure is final."),
    ]

    private static let times: [Schema.Field] = [
        .required("created_at", Schema.time.example("2026-11-24T09:15:00.000Z"), "When it was submitted."),
        .required(
            "run_at", Schema.time.example("2026-11-24T09:15:00.000Z"), "When it becomes or became due."),
        .required(
            "started_at", Schema.time.orNull.example("2026-11-24T09:15:00.008Z"),
            "When the latest attempt started."),
        .required("finished_at", Schema.time.orNull.example("2026-11-24T09:15:00.123Z"), "When it ended."),
        .required(
            "worker",
            Schema.answer([
                .required("id", Schema.string().example("worker-7f3a"), "The worker's identifier."),
                .required("name", Schema.string().example("worker on host a"), "The worker's name."),
            ]).orNull, "The worker that runs the job; null if none does."),
        .required(
            "caller", Schema.string().example("anonymous"),
            "The name of the API key that submitted it, or `anonymous`."),
        .required(
            "actor", Schema.string().orNull, "The user or service on whose behalf it runs."),
        .required(
            "tags", Schema.map(.string()).example(json: #"{"customer": "acme"}"#),
            "Names and values for filters."),
        .optional(
            "artifacts", Schema.list(.named("Artifact")).example(json: "[]"),
            "The files of the job. Absent with `fields=summary`."),
        .optional(
            "attempts", .list(.named("Attempt")), "The attempts, oldest first. Absent with `fields=summary`."),
        .required(
            "position", Schema.count.orNull,
            "The number of jobs of its queue that run before it, while it is pending."),
        .required(
            "estimated_start_at", Schema.time.orNull,
            "When a pending job should start, from the measured rate of its queue; null if that is unknown."),
    ]

    private static let relations: [Schema.Field] = [
        .required(
            "depends_on", Schema.list(.uuid).example(json: "[]"),
            "The jobs that had to end before it was due."),
        .required("parent_id", Schema.uuid.orNull, "The parent job; null without one."),
        .required(
            "dependencies", Schema.list(.named("RelatedJob")).example(json: "[]"),
            "The jobs in `depends_on`, with their results."),
        .required(
            "ancestors", Schema.list(.named("RelatedJob")).example(json: "[]"),
            "The jobs that submitted this one, nearest first."),
        .required(
            "children", Schema.list(.uuid, 0...100).example(json: "[]"),
            "The first children of the job; `GET /v1/jobs/{id}/children` has all."),
        .required("children_count", .count, "The number of its children."),
    ]

    private static let rules: [Schema.Field] = [
        .required(
            "backoff",
            .answer([
                .required(
                    "type", Schema.choice(Backoff.Growth.self).example("exponential"), "How the delay grows."),
                .required(
                    "initial_seconds", Schema.number.example(1),
                    "The delay after the first failure, in seconds."),
                .required("factor", Schema.number.example(2), "The growth of an exponential back-off."),
                .required("max_seconds", Schema.number.example(600), "The maximum delay, in seconds."),
                .required("jitter", Schema.number.example(0.2), "The random part of each delay, 0 to 1."),
            ]), "The delays between its attempts."),
        .required(
            "timeout_seconds", Schema.number.orNull,
            "The timeout of an attempt, in seconds, which the worker enforces."),
        .required("expires_at", Schema.time.orNull, "The job is cancelled if it has not started by then."),
        .required(
            "retention_seconds", Schema.number.orNull,
            "How long the job is kept after its end, in seconds; null for the server's default."),
        .required(
            "on_dependency_failure", Schema.choice(JobSpec.DependencyPolicy.self).example("cancel"),
            "What happens if a job in `depends_on` does not complete."),
        .required(
            "join",
            .answer([
                .required(
                    "wait_for", .anyOf([Schema.choice(["all"]), .count]),
                    "The number of dependencies that must complete, or `all`."),
                .required(
                    "collect", .boolean,
                    "Whether the job completes without an attempt, with the results of its dependencies."),
            ]), "How many dependencies the job waits for."),
        .required("size", Schema.count.orNull, "The size of the work, in the unit of the caller."),
        .required(
            "labels", Schema.map(.string()).example(json: "{}"), "The labels that its worker must have."),
        .required("callback_url", Schema.string().orNull, "The URL to which the end of the job is reported."),
        .required("traceparent", Schema.string().orNull, "The W3C trace context of the job."),
    ]

    /// Only durable jobs and paused jobs have these.
    private static let journalFields: [Schema.Field] = [
        .optional("paused", .boolean, "Whether no worker receives the job."),
        .optional(
            "cancelling", .boolean,
            "Whether the job was cancelled and runs its compensations, or is an execution that stops."),
        .optional("operations", .count, "The number of operations in its journal."),
        .optional(
            "waits_for", .list(.named("OperationWait"), 0...OperationWait.maxShown),
            "While it is suspended: the first operations that it waits for."),
    ]

    static let attempts: Group = [
        (
            "JobError",
            Schema.answer([
                .required(
                    "type", Schema.string().example("SMTPError"),
                    "The type, such as `timeout` or `lease_expired`."),
                .required(
                    "message", Schema.string().example("421 try again later"), "The message, for people."),
                .required(
                    "details", Schema.any.example(json: "null"),
                    "Any JSON value of the worker, such as a stack trace."),
                .required("retryable", Schema.boolean.example(true), "Whether another attempt may succeed."),
            ]).described("Why an attempt failed.")
        ),
        (
            "Progress",
            Schema.answer([
                .required(
                    "percent", Schema.percent.example(40), "The share of the work that is done, in percent."),
                .required(
                    "message", Schema.string().orNull.example("page 4 of 10"), "The current step, for people."
                ),
            ]).described("How far a job is.")
        ),
        (
            "Attempt",
            Schema.answer([
                .required("number", Schema.count.example(1), "The number of the attempt, from 1."),
                .required("worker", Schema.string().example("worker on host a"), "The name of the worker."),
                .required("started_at", Schema.time.example("2026-11-24T09:15:00.008Z"), "When it started."),
                .required(
                    "finished_at", Schema.time.orNull.example("2026-11-24T09:15:00.123Z"),
                    "When it ended; null while it runs."),
                .required(
                    "error", Schema.named("JobError").orNull, "Why it failed; null if it did not fail."),
            ]).described("One attempt of a job.")
        ),
        (
            "Artifact",
            Schema.answer([
                .required("name", Schema.string().example("report.pdf"), "The name of the file."),
                .required("size_bytes", Schema.count.example(9120), "Its size, in bytes."),
                .required("content_type", Schema.string().example("application/pdf"), "Its media type."),
                .required(
                    "sha256",
                    Schema.string().example(
                        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                    "The SHA-256 of its bytes, in hexadecimal digits."),
                .required(
                    "url",
                    Schema.string().example(
                        "/v1/jobs/01936f2a-7c3b-7e51-9d0f-3b6c1a2e4f58/artifacts/report.pdf"),
                    "The path of the file on this server."),
            ]).described("A file of a job.")
        ),
        (
            "LogLine",
            Schema.answer([
                .required(
                    "number", .integer(1...Int.max), "The number of the line in the log of the job, from 1."),
                .required("attempt", Schema.count.example(1), "The attempt that wrote it."),
                .required("at", .time, "When the worker wrote it."),
                .required("level", Schema.choice(LogLine.Level.self).example("info"), "Its severity."),
                .required("message", Schema.string().example("started"), "Its text."),
            ]).described("A line of a job's log.")
        ),
        (
            "LogPage",
            Schema.page(
                of: .named("LogLine"),
                more: [
                    .required(
                        "dropped", .count,
                        "The number of removed lines at the start of the log. A log keeps the newest 10,000 lines."
                    )
                ]
            ).described("Lines of a log, oldest first.")
        ),
    ]
}
