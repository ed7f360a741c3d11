import LonghaulCore

/// The settings of a queue.
extension Options {
    static let maxDepthOfQueue = Option.optional(
        "max-depth", "N|none", .bound(FieldBounds.depth), "The maximum number of pending jobs.")
    static let maxWaiting = Option.optional(
        "max-waiting", "N|none", .bound(FieldBounds.depth),
        "The maximum number of scheduled, blocked and retrying jobs.")
    static let maxConcurrency = Option.optional(
        "max-concurrency", "N|none", .bound(FieldBounds.concurrency), "The maximum number of running jobs.")
    static let rateLimit = Option.optional(
        "rate-limit", "JOBS/SECONDS[/BURST]|none", .rateLimit,
        "The maximum number of jobs that start in the given seconds, and at once.")
    static let partitionBy = Option.optional(
        "partition-by", "TAG|none", .textOrNone,
        "The tag whose values are the partitions. Partitions take turns.")
    static let maxSize = Option.optional(
        "max-size", "N|none", .bound(FieldBounds.size), "The maximum size of a job that the queue accepts.")

    /// The options that set the bounds of a queue.
    static let bounds: [any DeclaredOption] = [
        maxDepthOfQueue, maxWaiting, maxConcurrency, rateLimit, partitionBy, maxSize,
    ]
}
