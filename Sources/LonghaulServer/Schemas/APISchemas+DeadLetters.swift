import LonghaulCore

extension APISchemas {
    static let deadLetters: Group = [
        (
            "DeadLetterGroup",
            .answer([
                .required(
                    "fingerprint",
                    Schema.string(pattern: "^[0-9a-f]{16}$").described(
                        "Identifies the kind, the type of the error and its folded message.")),
                .required("queue", .string()), .required("kind", .string()),
                .required("error_type", .string()),
                .required("count", .count), .required("first_seen_at", .time),
                .required("last_seen_at", .time),
                .required(
                    "example",
                    Schema.answer([.required("id", .uuid), .required("error", .named("JobError"))]).orNull),
            ])
        ),
        ("DeadLetterGroupPage", .page(of: .named("DeadLetterGroup"))),
        (
            "DeadLetterSelection",
            Schema.oneOf([byIDs, byFilter]).described(
                "Jobs by ids, or by a filter: an empty filter selects every dead letter.")
        ),
        ("DeadLetterCount", .answer([.required("count", .count)])),
    ]

    private static let byIDs = Schema.request([
        .required("ids", .list(.uuid, FieldBounds.selectedIDs)),
        .optional("filter", .null), .optional("limit", .null),
    ])

    private static let byFilter = Schema.request([
        .required("filter", filter), .optional("ids", .null),
        .optional(
            "limit",
            .integer(FieldBounds.selectedJobs).described(
                "The maximum number of jobs; the newest are selected.")),
    ])

    private static let filter = Schema.request([
        .optional("state", .choice(["failed"])), .optional("queue", .plain()),
        .optional("kind", .plain()), .optional("actor", .plain()),
        .optional("tags", .map(.string())),
        .optional("created_after", .givenTime), .optional("created_before", .givenTime),
        .optional("fingerprint", .plain()), .optional("error_type", .plain()),
    ])
}
