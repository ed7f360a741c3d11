import LonghaulCore

/// The schemas of webhooks.
extension APISchemas {
    static let webhooks: Group = [
        (
            "WebhookDelivery",
            .answer([
                .required("id", .uuid, "The identifier. The receiver gets it as webhook-id."),
                .required("job_id", .uuid, "The job whose end it reports."),
                .required("type", .choice(WebhookDelivery.Event.self), "What it reports."),
                .required(
                    "url", Schema.string().example("https://example.com/hooks"),
                    "The `callback_url` of the job."),
                .required(
                    "state", .choice(WebhookDelivery.State.self), "Whether the receiver has accepted it."),
                .required("is_sending", .boolean, "Whether a server is sending it now."),
                .required("created_at", .time, "When the job ended."),
                .required(
                    "next_attempt_at", Schema.time.orNull, "When a server sends it again; null if none does."),
                .required("ended_at", Schema.time.orNull, "When it was accepted or given up."),
                .required("retry_until", .time, "A failed attempt after this time is the last one."),
                .required("attempt_count", Schema.count.example(1), "The number of attempts."),
                .required(
                    "attempts", .list(.named("WebhookAttempt"), 0...WebhookDelivery.maxAttempts),
                    "The latest attempts, oldest first."),
            ])
        ),
        (
            "WebhookAttempt",
            .answer([
                .required("at", .time, "When it was sent."),
                .required(
                    "duration_seconds", Schema.number.example(0.08), "How long the answer took, in seconds."),
                .required(
                    "status", Schema.integer(100...999).orNull.example(200),
                    "The HTTP status of the receiver; null without an answer."),
                .required("error", Schema.string().orNull, "Why it failed; null if it succeeded."),
            ])
        ),
        ("WebhookDeliveryPage", .page(of: .named("WebhookDelivery"))),
        (
            "DefaultWebhookSecret",
            .answer([
                .required(
                    "secret", Schema.string().example("whsec_…"),
                    "`whsec_` and base64, as libraries of Standard Webhooks expect it.")
            ])
        ),
    ]
}
