import LonghaulCore

/// The schemas of workers, history, scaling, health and problems.
extension APISchemas {
    static let watching: Group = [
        ("Any", .any),
        ("ReleasedJobs", .answer([.required("released", .list(.uuid))])),
        (
            "Worker",
            .answer([
                .required("id", .string()), .required("name", .string()),
                .required("labels", .map(.string())),
                .required("queues", .list(.string())), .required("kinds", .list(.string())),
                .required("heartbeat_seconds", Schema.number.orNull),
                .required("state", .choice(WorkerHealth.self)), .required("running", .list(.uuid)),
                .required("first_seen_at", .time), .required("last_heartbeat_at", .time),
            ])
        ),
        ("WorkerPage", .page(of: .named("Worker"))),
        (
            "QueueSample",
            Schema.answer([
                .required("at", .time), .required("queue", .string()), .required("depth", .count),
                .required("enqueued", .count), .required("finished", .count),
                .required("failed", Schema.count.described("The number of failed attempts.")),
                .required("wait_p50_seconds", Schema.number.orNull),
                .required("wait_p95_seconds", Schema.number.orNull),
                .required("run_p50_seconds", Schema.number.orNull),
                .required("run_p95_seconds", Schema.number.orNull),
            ]).described(
                "The activity of a queue in the minute, or the longer step, that began at `at`. A longer step has the largest depth "
                    + "and the longest times of its minutes.")
        ),
        (
            "QueueHistory",
            Schema.page(of: .named("QueueSample")).described(
                "Oldest first. A minute or step without activity is absent.")
        ),
        ("Scale", .answer([.required("depth", .count), .required("desired_workers", .count)])),
        ("Health", .answer([.required("status", .string()), .optional("warning", .string())])),
        (
            "Change",
            Schema.answer([
                .required("job_id", .uuid), .required("queue", .string()), .required("kind", .string()),
                .required("state", .named("JobState")),
                .required("previous", Schema.named("JobState").orNull),
                .required("attempt", .count), .required("version", .count), .required("at", .time),
                .required("progress", Schema.named("Progress").orNull),
                .required("error", Schema.named("JobError").orNull),
            ]).described("The data of an event `state` or `progress`.")
        ),
        (
            "Problem",
            Schema.answer([
                .required("type", .string()), .required("title", .string()), .required("status", .count),
                .required("detail", .string()), .required("instance", .string()),
                .required("code", .choice(LonghaulError.Code.self)),
                .optional(
                    "errors",
                    .list(.answer([.required("pointer", .string()), .required("message", .string())]))),
            ]).described(
                "An RFC 9457 problem. The pointer of an error in a query parameter or a header is its name.")
        ),
    ]
}
