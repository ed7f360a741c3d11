import LonghaulCore

/// The schemas of dead letters.
extension APISchemas {
    static let deadLetters: Group = [
        (
            "DeadLetterGroup",
            .answer([
                .required(
                    "fingerprint", Schema.string(pattern: "^[0-9a-f]{16}$").example("8f1c3a90b2de4471"),
                    "Identifies the kind, the type of the error and its folded message."),
                .required("queue", Schema.string().example("mail"), "The queue of the jobs."),
                .required("kind", Schema.string().example("mail.send"), "The kind of the jobs."),
                .required("error_type", Schema.string().example("SMTPError"), "The type of their error."),
                .required("count", Schema.count.example(12), "The number of dead letters in the group."),
                .required("first_seen_at", .time, "When the first of them failed."),
                .required("last_seen_at", .time, "When the latest of them failed."),
                .required(
                    "example",
                    Schema.answer([
                        .required("id", .uuid, "The job."),
                        .required("error", .named("JobError"), "Its error."),
                    ]).orNull, "One job of the group."),
            ])
        ),
        ("DeadLetterGroupPage", .page(of: .named("DeadLetterGroup"))),
        (
            "DeadLetterSelection",
            Schema.oneOf([.named("DeadLettersByIDs"), .named("DeadLettersByFilter")]).described(
                "Jobs by ids, or by a filter: an empty filter selects every dead letter.")
        ),
        ("DeadLettersByIDs", byIDs), ("DeadLettersByFilter", byFilter), ("DeadLetterFilter", filter),
        (
            "DeadLetterCount",
            .answer([.required("count", Schema.count.example(12), "The number of jobs that were changed.")])
        ),
    ]

    private static let byIDs = Schema.request([
        .required("ids", .list(.uuid, FieldBounds.selectedIDs), "The jobs.")
    ])

    private static let byFilter = Schema.request([
        .required("filter", .named("DeadLetterFilter"), "The conditions. A job must match all of them."),
        .optional(
            "limit", .integer(FieldBounds.selectedJobs),
            "The maximum number of jobs; the newest are selected."),
    ])

    private static let filter = Schema.request([
        .optional("state", .choice(["failed"]), "Dead letters are always failed."),
        .optional("queue", .plain(), "Only jobs of this queue."),
        .optional("kind", .plain(), "Only jobs of this kind."),
        .optional("actor", .plain(), "Only jobs of this actor."),
        .optional("tags", .map(.string()), "Only jobs with all of these tags."),
        .optional("created_after", .givenTime, "Only jobs submitted at or after this time."),
        .optional("created_before", .givenTime, "Only jobs submitted before this time."),
        .optional("fingerprint", .plain(), "Only dead letters of groups with this fingerprint."),
        .optional("error_type", .plain(), "Only dead letters with an error of this type."),
    ])
}
