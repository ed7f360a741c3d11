import LonghaulCore

/// The schemas of the audit log.
extension APISchemas {
    private static let hash = Schema.string(64...64, pattern: "^[0-9a-f]{64}$")
    private static let value = Schema.any.with("type", ["object", "null"])

    static let audit: Group = [
        (
            "AuditRecord",
            .answer([
                .required("number", Schema.integer(1...Int.max).described("Without gaps.")),
                .required("at", .time),
                .required(
                    "caller",
                    Schema.string().described(
                        "The name of the API key, `anonymous`, or `user:` and a user of the operating system."
                    )),
                .required("key_id", Schema.string().orNull),
                .required(
                    "client",
                    Schema.string().orNull.described(
                        "The address of the client, or `unix:` and the number of a user.")),
                .required("request_id", Schema.string().orNull),
                .required("action", .choice(AuditAction.self)),
                .required(
                    "subjects",
                    Schema.list(.string(), 0...AuditEntry.maxSubjects).described("What was changed.")),
                .required("count", Schema.count.described("The number of changed objects.")),
                .optional("before", value.described("The state before the change.")),
                .optional("after", value.described("The state after the change.")),
                .required(
                    "hash",
                    hash.described(
                        "The SHA-256 of the hash of the previous record and of this record without its hash.")
                ),
            ])
        ),
        (
            "AuditLink", .answer([.required("number", .count), .required("hash", hash)])
        ),
        (
            "AuditChain",
            .answer([
                .required(
                    "removed",
                    Schema.named("AuditLink").described("The last record that retention has removed.")),
                .required("last", Schema.named("AuditLink").described("The last record.")),
            ])
        ),
        (
            "AuditPage",
            .page(of: .named("AuditRecord"), more: [.required("chain", .named("AuditChain"))])
        ),
    ]
}
