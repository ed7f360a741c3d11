import LonghaulCore

/// The schemas of queues and of the routing table.
extension APISchemas {
    static let queues: Group = [
        ("RateLimit", rateLimit), ("QueueSettings", .request(settings)),
        (
            "Quantiles",
            .answer([
                .required("p50", Schema.number.example(0.02), "The median, in seconds."),
                .required("p95", Schema.number.example(0.4), "The 95th percentile, in seconds."),
                .required("p99", Schema.number.example(1.2), "The 99th percentile, in seconds."),
            ])
        ),
        ("Queue", queue), ("QueuePage", .page(of: .named("Queue"))),
        (
            "RoutingTable",
            .request([
                .required(
                    "rules", .list(routingRule, FieldBounds.routingRules),
                    "The rules, in order. The first one that matches selects the queue.")
            ])
        ),
    ]

    private static let rateLimit = Schema.request([
        .required(
            "jobs", .integer(FieldBounds.rateLimitJobs).example(100), "The number of jobs in a period."),
        .optional(
            "period_seconds",
            .seconds(FieldBounds.rateLimitPeriodSeconds).defaulting(RateLimit(jobs: 1).periodSeconds).example(
                60),
            "The period, in seconds."),
        .optional(
            "burst", .integer(FieldBounds.rateLimitJobs).example(10),
            "The number of jobs that may start at once. The default is the value of jobs."),
    ]).described("A token bucket: at most `jobs` start in `period_seconds`, and at most `burst` at once.")

    private static let settings: [Schema.Field] = [
        .optional(
            "max_depth", .integer(FieldBounds.depth).defaulting(QueueSettings().maxDepth),
            "The maximum number of pending jobs. A submission beyond it is answered 503. null means no bound."
        ),
        .optional(
            "max_waiting", .integer(FieldBounds.depth),
            "The maximum number of scheduled, blocked and retrying jobs. null means no bound."),
        .optional(
            "paused", Schema.boolean.defaulting(QueueSettings().paused),
            "Whether workers get no jobs of the queue."),
        .optional(
            "max_concurrency", .integer(FieldBounds.concurrency),
            "The maximum number of jobs of the queue that run at once. null means no bound."),
        .optional(
            "rate_limit", Schema.named("RateLimit"),
            "How many jobs may start in a period. null means no limit."),
        .optional(
            "partition_by", .plain(FieldBounds.tagNameLength),
            "The tag whose values are the partitions. Partitions take turns."),
        .optional(
            "max_size", Schema.integer(FieldBounds.size),
            "The maximum `size` of a job in the queue. null means no bound."),
    ]

    private static let queue = Schema.answer(
        [
            .required("name", Schema.string().example("mail"), "The name of the queue."),
            .required(
                "max_depth", Schema.count.orNull.example(100_000),
                "The maximum number of pending jobs; null for no bound."),
            .required(
                "max_waiting", Schema.count.orNull,
                "The maximum number of scheduled, blocked and retrying jobs; null for no bound."),
            .required("paused", .boolean, "Whether workers get no jobs of the queue."),
            .required(
                "max_concurrency", Schema.count.orNull,
                "The maximum number of jobs that run at once; null for no bound."),
            .required("rate_limit", Schema.named("RateLimit").orNull, "How many jobs may start in a period."),
            .required("partition_by", Schema.string().orNull, "The tag whose values are the partitions."),
            .required(
                "max_size", Schema.count.orNull, "The maximum `size` of a job; null for no bound."),
        ] + measured)

    private static let measured: [Schema.Field] = [
        .required(
            "counts", Schema.map(.count).example(json: #"{"pending": 3, "processing": 1, "completed": 120}"#),
            "The number of jobs in each state."),
        .required("depth", Schema.count.example(3), "The number of pending jobs."),
        .required(
            "oldest_pending_seconds", Schema.number.orNull.example(0.8),
            "How long the oldest pending job has waited, in seconds; null without one."),
        .required(
            "throttled_until", Schema.time.orNull,
            "The time at which the rate limit allows the next job to start."),
        .required(
            "enqueue_rate", Schema.number.example(2.5), "Submitted jobs per second, in the last minute."),
        .required(
            "drain_rate", Schema.number.example(2.4), "Attempts that start per second, in the last minute."),
        .required("finish_rate", Schema.number.example(2.3), "Jobs that end per second, in the last minute."),
        .required(
            "failure_rate", Schema.number.example(0.1), "Failed attempts per second, in the last minute."),
        .required(
            "busy_workers", Schema.count.example(1), "The number of workers that run jobs of the queue."),
        .required(
            "wait_seconds", Schema.named("Quantiles").orNull, "The waits for a worker, in the last minute."),
        .required(
            "run_seconds", Schema.named("Quantiles").orNull, "The durations of attempts, in the last minute."),
    ]

    private static let routingRule = Schema.request([
        .required("queue", .queue.example("images-gpu"), "The queue that the rule selects."),
        .optional(
            "kinds",
            Schema.list(
                .name(FieldBounds.kindLength, "A-Za-z0-9._/*-").example("image.*"), FieldBounds.routingKinds),
            "Kinds, in which * matches any characters. An empty list matches every kind."),
        .optional(
            "labels",
            .map(.plain(FieldBounds.tagValueLength), keys: .plain(FieldBounds.tagNameLength)),
            "The labels of the queue's workers. The rule matches jobs whose labels these satisfy; null matches all jobs."
        ),
    ])
}
