import LonghaulCore

/// The schemas of webhooks.
extension APISchemas {
    static let webhooks: Group = [
        (
            "WebhookDelivery",
            .answer([
                .required("id", Schema.uuid.described("The receiver gets it as webhook-id.")),
                .required("job_id", .uuid), .required("type", .choice(WebhookDelivery.Event.self)),
                .required("url", .string()), .required("state", .choice(WebhookDelivery.State.self)),
                .required("is_sending", Schema.boolean.described("Whether a server is sending it now.")),
                .required("created_at", .time),
                .required("next_attempt_at", Schema.time.orNull),
                .required("ended_at", Schema.time.orNull),
                .required(
                    "retry_until", Schema.time.described("A failed attempt after this time is the last one.")),
                .required("attempt_count", .count),
                .required(
                    "attempts",
                    Schema.list(.named("WebhookAttempt"), 0...WebhookDelivery.maxAttempts).described(
                        "The latest attempts, oldest first.")),
            ])
        ),
        (
            "WebhookAttempt",
            .answer([
                .required("at", .time), .required("duration_seconds", .number),
                .required(
                    "status", Schema.integer(100...999).orNull.described("null without an answer.")),
                .required("error", Schema.string().orNull.described("null if the attempt succeeded.")),
            ])
        ),
        ("WebhookDeliveryPage", .page(of: .named("WebhookDelivery"))),
        (
            "DefaultWebhookSecret",
            .answer([
                .required(
                    "secret",
                    Schema.string().described(
                        "`whsec_` and base64, as libraries of Standard Webhooks expect it."))
            ])
        ),
    ]
}
