import LonghaulCore

/// The schemas of queues and of the routing table.
extension APISchemas {
    static let queues: Group = [
        ("RateLimit", rateLimit), ("QueueSettings", .request(settings)),
        (
            "Quantiles",
            .answer([.required("p50", .number), .required("p95", .number), .required("p99", .number)])
        ),
        ("Queue", queue), ("QueuePage", .page(of: .named("Queue"))),
        (
            "RoutingTable",
            .request([.required("rules", .list(routingRule, FieldBounds.routingRules))])
        ),
    ]

    private static let rateLimit = Schema.request([
        .required("jobs", .integer(FieldBounds.rateLimitJobs)),
        .optional(
            "period_seconds",
            .seconds(FieldBounds.rateLimitPeriodSeconds).defaulting(RateLimit(jobs: 1).periodSeconds)),
        .optional(
            "burst", .integer(FieldBounds.rateLimitJobs).described("The default is the value of jobs.")),
    ]).described("A token bucket: at most `jobs` start in `period_seconds`, and at most `burst` at once.")

    private static let settings: [Schema.Field] = [
        .optional(
            "max_depth",
            .integer(FieldBounds.depth).defaulting(QueueSettings().maxDepth).described("null means no bound.")
        ),
        .optional("max_waiting", .integer(FieldBounds.depth)),
        .optional("paused", Schema.boolean.defaulting(QueueSettings().paused)),
        .optional("max_concurrency", .integer(FieldBounds.concurrency)),
        .optional("rate_limit", .named("RateLimit")),
        .optional(
            "partition_by",
            .plain(FieldBounds.tagNameLength).described(
                "The tag whose values are the partitions. Partitions take turns.")),
        .optional(
            "max_size",
            Schema.integer(FieldBounds.size).described("The maximum size of a job in the queue.")),
    ]

    private static let queue = Schema.answer([
        .required("name", .string()), .required("max_depth", Schema.count.orNull),
        .required("max_waiting", Schema.count.orNull), .required("paused", .boolean),
        .required("max_concurrency", Schema.count.orNull),
        .required("rate_limit", Schema.named("RateLimit").orNull),
        .required("partition_by", Schema.string().orNull), .required("max_size", Schema.count.orNull),
        .required("counts", .map(.count)), .required("depth", .count),
        .required("oldest_pending_seconds", Schema.number.orNull),
        .required(
            "throttled_until",
            Schema.time.orNull.described("The time at which the rate limit allows the next job to start.")),
        .required("enqueue_rate", .number),
        .required(
            "drain_rate", Schema.number.described("Attempts that start per second, in the last minute.")),
        .required("finish_rate", Schema.number.described("Jobs that end per second, in the last minute.")),
        .required("failure_rate", .number), .required("busy_workers", .count),
        .required("wait_seconds", Schema.named("Quantiles").orNull),
        .required("run_seconds", Schema.named("Quantiles").orNull),
    ])

    private static let routingRule = Schema.request([
        .required("queue", .queue),
        .optional(
            "kinds",
            .list(.name(FieldBounds.kindLength, "A-Za-z0-9._/*-"), FieldBounds.routingKinds).described(
                "Kinds, in which * matches any characters. An empty list matches every kind.")),
        .optional(
            "labels",
            .map(.plain(FieldBounds.tagValueLength), keys: .plain(FieldBounds.tagNameLength)).described(
                "The labels of the queue's workers. The rule matches jobs whose labels these satisfy; null matches all jobs."
            )),
    ])
}
