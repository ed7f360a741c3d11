import LonghaulCore

/// The schemas of API keys and sessions.
extension APISchemas {
    private static let scope = Schema.choice(KeyScope.allCases.map(\.rawValue).sorted()).example(
        "jobs:submit")
    private static let scopes = Schema.list(scope, 1...KeyScope.allCases.count)
        .described("What the key allows. `admin` includes everything.")
    private static let queuePattern = Schema.name(FieldBounds.queueNameLength, "A-Za-z0-9._*/-").example(
        "mail*")
    private static let kindPattern = Schema.name(FieldBounds.kindLength, "A-Za-z0-9._*/-").example("mail.*")
    private static let environment = Schema.string(1...16, pattern: "^[a-z0-9]{1,16}$")
        .defaulting(APIKeyText.defaultEnvironment).described("A word in the text of the key.")

    private static let rights: [Schema.Field] = [
        .required("scopes", .list(scope), "What the key allows."),
        .required(
            "queues", Schema.list(.string()).example(json: "[]"),
            "The patterns of queues; empty for all queues."),
        .required(
            "kinds", Schema.list(.string()).example(json: "[]"), "The patterns of kinds; empty for all kinds."
        ),
    ]

    private static let shown: [Schema.Field] =
        [
            .required(
                "id", Schema.string().example("5f0c9a1be27d4438"),
                "The identifier, which is a part of the key."),
            .required(
                "name", Schema.string().example("web"), "The caller of the jobs that are submitted with it."),
        ] + rights + [
            .required("state", .choice(APIKey.State.self), "Whether the key is valid."),
            .required(
                "source", .choice(ShownAPIKey.Source.self),
                "Where the key is kept: in the store, or in the file of keys of the server."),
            .required("created_at", Schema.time.orNull, "When it was created; null for a key of the file."),
            .required("created_by", Schema.string().orNull, "The caller that created it."),
            .required("expires_at", Schema.time.orNull, "When it expires; null for never."),
            .required("last_used_at", Schema.time.orNull, "When it was last used, to within a minute."),
            .required("revoked_at", Schema.time.orNull, "When it was revoked; null if it was not."),
        ]

    static let keys: Group = [
        (
            "NewAPIKey",
            .request([
                .required("name", .queue, "The caller of the jobs that are submitted with the key."),
                .required("scopes", scopes),
                .optional(
                    "queues", .list(queuePattern, FieldBounds.keyPatterns),
                    "Patterns of queues, in which * matches any characters; none for all queues."),
                .optional(
                    "kinds", .list(kindPattern, FieldBounds.keyPatterns),
                    "Patterns of kinds, in which * matches any characters; none for all kinds."),
                .optional("environment", environment),
                .optional("expires_at", .givenTime, "When the key expires. null means never."),
            ])
        ),
        ("APIKey", .answer(shown)),
        (
            "IssuedAPIKey",
            .answer(
                shown + [
                    .required(
                        "key", Schema.string().example("lh_prod_5f0c9a1be27d4438_…"),
                        "The API key. It is not shown again.")
                ])
        ),
        ("APIKeyPage", .page(of: .named("APIKey"))),
        (
            "KeyRotation",
            .request([
                .optional(
                    "overlap_seconds",
                    .seconds(FieldBounds.keyOverlapSeconds).defaulting(KeyRotation().overlapSeconds),
                    "How long the old key remains valid, in seconds."),
                .optional("environment", environment),
            ])
        ),
        (
            "Session",
            .answer(
                [
                    .required(
                        "name", Schema.string().example("web"), "The name of the API key, or `anonymous`."),
                    .required(
                        "key_id", Schema.string().orNull.example("5f0c9a1be27d4438"),
                        "The identifier of the API key; null without a key."),
                ] + rights + [
                    .required("expires_at", Schema.time.orNull, "When the session or the key ends."),
                    .required(
                        "aws_access_key_id", Schema.string().orNull,
                        "With the API key as the secret access key, AWS SDKs sign requests to the Step Functions API. Null if "
                            + "the request has no API key."),
                    .required(
                        "trace_link", Schema.string().orNull,
                        "The URL of a trace, with {trace_id} in place of its ID. Null without --trace-link."),
                ])
        ),
    ]
}
