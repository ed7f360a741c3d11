import LonghaulCore

/// The schemas of API keys and sessions.
extension APISchemas {
    private static let scope = Schema.choice(KeyScope.allCases.map(\.rawValue).sorted())
    private static let scopes = Schema.list(scope, 1...KeyScope.allCases.count)
        .described("What the key allows. `admin` includes everything.")
    private static let queuePattern = Schema.name(FieldBounds.queueNameLength, "A-Za-z0-9._*/-")
    private static let kindPattern = Schema.name(FieldBounds.kindLength, "A-Za-z0-9._*/-")
    private static let environment = Schema.string(1...16, pattern: "^[a-z0-9]{1,16}$")
        .defaulting(APIKeyText.defaultEnvironment).described("A word in the text of the key.")

    private static let shown: [Schema.Field] = [
        .required("id", .string()), .required("name", .string()),
        .required("scopes", .list(scope)),
        .required("queues", .list(.string())), .required("kinds", .list(.string())),
        .required("state", .choice(APIKey.State.self)),
        .required(
            "source",
            Schema.choice(ShownAPIKey.Source.self).described(
                "Where the key is kept: in the store, or in the file of keys of the server.")),
        .required("created_at", Schema.time.orNull), .required("created_by", Schema.string().orNull),
        .required("expires_at", Schema.time.orNull),
        .required("last_used_at", Schema.time.orNull.described("To within a minute.")),
        .required("revoked_at", Schema.time.orNull),
    ]

    static let keys: Group = [
        (
            "NewAPIKey",
            .request([
                .required(
                    "name", Schema.queue.described("The caller of the jobs that are submitted with the key.")),
                .required("scopes", scopes),
                .optional(
                    "queues",
                    Schema.list(queuePattern, FieldBounds.keyPatterns).described(
                        "Patterns of queues, in which * matches any characters; none for all queues.")),
                .optional(
                    "kinds",
                    Schema.list(kindPattern, FieldBounds.keyPatterns).described(
                        "Patterns of kinds, in which * matches any characters; none for all kinds.")),
                .optional("environment", environment),
                .optional("expires_at", .givenTime),
            ])
        ),
        ("APIKey", .answer(shown)),
        (
            "IssuedAPIKey",
            .answer(
                shown + [.required("key", Schema.string().described("The API key. It is not shown again."))])
        ),
        ("APIKeyPage", .page(of: .named("APIKey"))),
        (
            "KeyRotation",
            .request([
                .optional(
                    "overlap_seconds",
                    Schema.seconds(FieldBounds.keyOverlapSeconds).defaulting(KeyRotation().overlapSeconds)
                        .described("How long the old key remains valid.")),
                .optional("environment", environment),
            ])
        ),
        (
            "Session",
            .answer([
                .required("name", .string()), .required("key_id", Schema.string().orNull),
                .required("scopes", .list(scope)),
                .required("queues", .list(.string())), .required("kinds", .list(.string())),
                .required("expires_at", Schema.time.orNull),
                .required(
                    "aws_access_key_id",
                    Schema.string().orNull.described(
                        "With the API key as the secret access key, AWS SDKs sign requests to the Step Functions API. Null if "
                            + "the request has no API key.")),
                .required(
                    "trace_link",
                    Schema.string().orNull.described(
                        "The URL of a trace, with {trace_id} in place of its ID. Null without --trace-link.")),
            ])
        ),
    ]
}
