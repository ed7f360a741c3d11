import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// The schemas of operations on many jobs.
extension APISchemas {
    static let bulk: Group = [
        (
            "BulkRequest",
            Schema.oneOf([.named("JobsByIDs"), .named("JobsByFilter")]).described(
                "Jobs by ids, or by a filter: an empty filter selects every job.")
        ),
        ("JobsByIDs", byIDs), ("JobsByFilter", byFilter), ("JobFilter", filter),
        (
            "BulkCount",
            .answer([
                .required(
                    "count", Schema.count.example(12), "The number of jobs that were changed or counted."),
                .required(
                    "more", .boolean, "Whether the limit was reached, and more jobs may match the filter."),
            ])
        ),
    ]

    private static let isDryRun = Schema.Field.optional(
        "dry_run", Schema.boolean.defaulting(false), "Whether to count the jobs only.")

    private static let byIDs = Schema.request([
        .required("ids", .list(.uuid, FieldBounds.selectedIDs), "The jobs."),
        isDryRun,
    ])

    private static let byFilter = Schema.request([
        .required("filter", .named("JobFilter"), "The conditions. A job must match all of them."),
        .optional(
            "limit", Schema.integer(FieldBounds.bulkJobs).defaulting(Engine.defaultBulkLimit),
            "The maximum number of jobs; the newest are selected."),
        isDryRun,
    ])

    private static let state = Schema.choice(JobState.self)

    private static let filter = Schema.request([
        .optional(
            "state", .anyOf([state, .list(state, 0...JobState.allCases.count)]),
            "Only jobs in this state, or in one of these states."),
        .optional("queue", .plain(), "Only jobs of this queue."),
        .optional(
            "kind", .plain(),
            "Only jobs of this kind. A trailing * selects the kinds that begin with the text."),
        .optional("actor", .plain(), "Only jobs of this actor."),
        .optional("tags", .map(.string()), "Only jobs with all of these tags."),
        .optional("created_after", .givenTime, "Only jobs submitted at or after this time."),
        .optional("created_before", .givenTime, "Only jobs submitted before this time."),
        .optional("fingerprint", .plain(), "Only dead letters of groups with this fingerprint."),
        .optional("error_type", .plain(), "Only dead letters with an error of this type."),
        .optional(
            "q", .plain(FieldBounds.searchText),
            "A text in the ID, the kind, an error or the payload. A call searches for about a second."),
    ])
}
