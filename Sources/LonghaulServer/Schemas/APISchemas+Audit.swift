import LonghaulCore

/// The schemas of the audit log.
extension APISchemas {
    private static let hash = Schema.string(64...64, pattern: "^[0-9a-f]{64}$").example(
        "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c")
    private static let value = Schema.any.with("type", ["object", "null"])

    static let audit: Group = [
        (
            "AuditRecord",
            .answer([
                .required("number", .integer(1...Int.max), "The number of the record, without gaps."),
                .required("at", .time, "When the change was made."),
                .required(
                    "caller", Schema.string().example("web"),
                    "The name of the API key, `anonymous`, or `user:` and a user of the operating system."),
                .required(
                    "key_id", Schema.string().orNull, "The identifier of the API key; null without a key."),
                .required(
                    "client", Schema.string().orNull.example("127.0.0.1"),
                    "The address of the client, or `unix:` and the number of a user."),
                .required("request_id", Schema.string().orNull, "The `X-Request-Id` of the request."),
                .required("action", .choice(AuditAction.self), "The type of the change."),
                .required(
                    "subjects", .list(Schema.string().example("mail"), 0...AuditEntry.maxSubjects),
                    "What was changed."),
                .required("count", Schema.count.example(1), "The number of changed objects."),
                .optional("before", value, "The state before the change."),
                .optional("after", value, "The state after the change."),
                .required(
                    "hash", hash,
                    "The SHA-256 of the hash of the previous record and of this record without its hash."),
            ])
        ),
        (
            "AuditLink",
            .answer([
                .required("number", .count, "The number of the record; 0 without one."),
                .required("hash", hash, "The hash of the record."),
            ])
        ),
        (
            "AuditChain",
            .answer([
                .required("removed", .named("AuditLink"), "The last record that retention has removed."),
                .required("last", .named("AuditLink"), "The last record."),
            ])
        ),
        (
            "AuditPage",
            .page(
                of: .named("AuditRecord"),
                more: [.required("chain", .named("AuditChain"), "The ends of the hash chain.")])
        ),
    ]
}
