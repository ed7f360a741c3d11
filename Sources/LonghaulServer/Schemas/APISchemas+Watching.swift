import LonghaulCore

/// The schemas of workers, history, scaling, health and problems.
extension APISchemas {
    static let watching: Group = [
        ("Any", Schema.any.example(json: "{}").described("Any JSON value.")),
        (
            "ReleasedJobs",
            .answer([
                .required("released", .list(.uuid), "The jobs that the worker held, which are pending again.")
            ])
        ),
        (
            "Worker",
            Schema.answer([
                .required("id", Schema.string().example("worker-7f3a"), "The worker's identifier."),
                .required("name", Schema.string().example("worker on host a"), "Its name, for people."),
                .required("labels", Schema.map(.string()).example(json: #"{"gpu": "1"}"#), "Its labels."),
                .required(
                    "queues", .list(Schema.string().example("mail")),
                    "The queues of its latest request for jobs."),
                .required(
                    "kinds", .list(Schema.string().example("mail.send")),
                    "The kinds of its latest request; empty for every kind."),
                .required(
                    "heartbeat_interval_seconds", Schema.number.orNull.example(5),
                    "The interval at which the worker promised to send heartbeats, in seconds; null without a promise."
                ),
                .required(
                    "state", Schema.choice(WorkerHealth.self),
                    "`late` after two missing heartbeats, `gone` once its leases have ended."),
                .required("running", .list(.uuid), "The jobs that it holds."),
                .required("first_seen_at", .time, "When the server first saw it."),
                .required("last_heartbeat_at", .time, "When the server last saw it."),
            ]).described("A worker that the server has seen in the last day.")
        ),
        ("WorkerPage", .page(of: .named("Worker"))),
        ("QueueSample", queueSample),
        (
            "QueueHistory",
            Schema.page(of: .named("QueueSample")).described(
                "Oldest first. A minute or step without activity is absent.")
        ),
        (
            "Scale",
            .answer([
                .required("depth", Schema.count.example(120), "The number of pending jobs."),
                .required(
                    "desired_workers", Schema.count.example(12),
                    "The number of workers that the load requires."),
            ])
        ),
        (
            "Health",
            .answer([
                .required(
                    "status", Schema.string().example("ok"),
                    "`ok` for a process that runs, `ready` for a server that can serve."),
                .optional("warning", .string(), "What works less well than it should."),
            ])
        ),
        ("Change", change),
        ("Problem", problem),
    ]

    private static let queueSample = Schema.answer([
        .required("at", .time, "The start of the minute, or of the longer step."),
        .required("queue", Schema.string().example("mail"), "The queue."),
        .required("depth", Schema.count.example(3), "The number of pending jobs at the end of the minute."),
        .required("enqueued", Schema.count.example(60), "The number of jobs that became pending."),
        .required("finished", Schema.count.example(58), "The number of jobs that ended."),
        .required("failed", Schema.count.example(1), "The number of failed attempts."),
        .required(
            "wait_p50_seconds", Schema.number.orNull.example(0.02),
            "The median wait for a worker, in seconds."),
        .required(
            "wait_p95_seconds", Schema.number.orNull.example(0.4),
            "The 95th percentile of the waits, in seconds."),
        .required(
            "run_p50_seconds", Schema.number.orNull.example(0.11),
            "The median duration of an attempt, in seconds."),
        .required(
            "run_p95_seconds", Schema.number.orNull.example(0.9),
            "The 95th percentile of the durations, in seconds."),
    ]).described(
        "The activity of a queue in the minute, or the longer step, that began at `at`. A longer step has the largest depth "
            + "and the longest times of its minutes.")

    private static let change = Schema.answer([
        .required("job_id", .uuid, "The job."),
        .required("queue", Schema.string().example("mail"), "Its queue."),
        .required("kind", Schema.string().example("mail.send"), "Its kind."),
        .required("state", .named("JobState")),
        .required(
            "previous", Schema.named("JobState").orNull, "The state before the change; null for a new job."),
        .required("attempt", .count, "The number of the current or latest attempt."),
        .required("version", .count, "The number of the change of the job, which grows."),
        .required("at", .time, "When it happened."),
        .required("progress", Schema.named("Progress").orNull, "The progress of the job."),
        .required("error", Schema.named("JobError").orNull, "The error of the latest failed attempt."),
    ]).described("The data of an event `state` or `progress`.")

    private static let problem = Schema.answer([
        .required("type", Schema.string().example("/problems/invalid_request"), "`/problems/` and the code."),
        .required(
            "title", Schema.string().example("The request is invalid"), "The meaning of the code, for people."
        ),
        .required("status", Schema.count.example(400), "The HTTP status."),
        .required(
            "detail", Schema.string().example("the request has 1 error: /kind: is required"),
            "What is wrong, and what to do."),
        .required("instance", Schema.string().example("/v1/jobs"), "The path of the request."),
        .required(
            "code", Schema.choice(LonghaulError.Code.self).example("invalid_request"),
            "The stable name of the problem."),
        .optional(
            "errors",
            Schema.list(
                .answer([
                    .required("pointer", .string(), "The place of the error in the body, as a JSON Pointer."),
                    .required("message", .string(), "What is wrong there."),
                ])
            ).example(json: #"[{"pointer": "/kind", "message": "is required"}]"#),
            "Each error of an invalid request."),
    ]).described(
        "An RFC 9457 problem. The pointer of an error in a query parameter or a header is its name.")
}
