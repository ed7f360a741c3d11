import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// The schemas of operations on many jobs.
extension APISchemas {
    static let bulk: Group = [
        (
            "BulkRequest",
            Schema.oneOf([byIDs, byFilter]).described(
                "Jobs by ids, or by a filter: an empty filter selects every job.")
        ),
        (
            "BulkCount",
            .answer([
                .required("count", .count),
                .required(
                    "more",
                    Schema.boolean.described(
                        "Whether the limit was reached, and more jobs may match the filter.")),
            ])
        ),
    ]

    private static let isDryRun = Schema.Field.optional(
        "dry_run", Schema.boolean.defaulting(false).described("Whether to count the jobs only."))

    private static let byIDs = Schema.request([
        .required("ids", .list(.uuid, FieldBounds.selectedIDs)),
        .optional("filter", .null), .optional("limit", .null), isDryRun,
    ])

    private static let byFilter = Schema.request([
        .required("filter", filter), .optional("ids", .null),
        .optional(
            "limit",
            Schema.integer(FieldBounds.bulkJobs).defaulting(Engine.defaultBulkLimit).described(
                "The maximum number of jobs; the newest are selected.")),
        isDryRun,
    ])

    private static let state = Schema.choice(JobState.self)

    private static let filter = Schema.request([
        .optional("state", .anyOf([state, .list(state, 0...JobState.allCases.count)])),
        .optional("queue", .plain()),
        .optional(
            "kind", Schema.plain().described("A trailing * selects the kinds that begin with the text.")),
        .optional("actor", .plain()), .optional("tags", .map(.string())),
        .optional("created_after", .givenTime), .optional("created_before", .givenTime),
        .optional("fingerprint", .plain()), .optional("error_type", .plain()),
        .optional(
            "q",
            Schema.plain(FieldBounds.searchText).described(
                "A text in the ID, the kind, an error or the payload. A call searches for about a second.")),
    ])
}
