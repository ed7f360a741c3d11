public import LonghaulJSON

extension WebhookDelivery: JSONReadable, JSONWritable {
    /// Reads a delivery, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> WebhookDelivery {
        let none = JobID(high: 0, low: 0)
        var delivery = WebhookDelivery(
            id: reader.needed("id", "the ID of a delivery") { $0.jobID($1) } ?? none,
            jobID: reader.needed("job_id", "the ID of a job") { $0.jobID($1) } ?? none,
            event: reader.needed("type", "an event") { $0.choice($1, of: Event.self) } ?? .completed,
            url: reader.string("url") ?? "", createdAt: reader.timestamp("created_at") ?? .distantFuture,
            retrySeconds: 0, body: [])
        delivery.state = reader.choice("state", of: State.self) ?? .pending
        delivery.isClaimed = reader.bool("is_sending") ?? false
        delivery.dueAt = reader.timestamp("next_attempt_at")
        delivery.endedAt = reader.timestamp("ended_at")
        delivery.retryUntil = reader.timestamp("retry_until") ?? delivery.createdAt
        delivery.attemptCount = reader.int("attempt_count").map(Int.init) ?? 0
        delivery.attempts = reader.objects("attempts", WebhookAttempt.read) ?? []
        return delivery
    }

    /// Writes the delivery as the API returns it, without the body.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id.description)
            writer.field("job_id", jobID.description)
            writer.field("type", event.rawValue)
            writer.field("url", url)
            writer.field("state", state.rawValue)
            writer.field("is_sending", isClaimed)
            writer.field("created_at", createdAt)
            writer.field("next_attempt_at", isClaimed ? nil : dueAt)
            writer.field("ended_at", endedAt)
            writer.field("retry_until", retryUntil)
            writer.field("attempt_count", attemptCount)
            writer.field("attempts", attempts)
        }
    }
}

extension WebhookAttempt: JSONReadable, JSONWritable {
    /// Reads an attempt, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> WebhookAttempt {
        WebhookAttempt(
            at: reader.timestamp("at") ?? .distantFuture, seconds: reader.double("duration_seconds") ?? 0,
            status: reader.int("status").map(Int.init), error: reader.string("error"))
    }

    /// Writes the attempt.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("at", at)
            writer.field("duration_seconds", seconds)
            writer.field("status", status)
            writer.field("error", error)
        }
    }
}

extension WebhookDeliveryPage: JSONReadable {
    /// Reads a page, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> WebhookDeliveryPage {
        WebhookDeliveryPage(
            deliveries: reader.objects("items", WebhookDelivery.read) ?? [],
            next: reader.jobID("next_cursor"))
    }
}

/// The answer of `GET /v1/webhooks/secret`: the secret that signs webhooks unless the operator has configured another one.
public struct DefaultWebhookSecret: Sendable, Hashable {
    /// The secret, as receivers need it.
    public var secret: String

    /// An answer with this secret.
    public init(secret: String) {
        self.secret = secret
    }
}

extension DefaultWebhookSecret: JSONReadable, JSONWritable {
    /// Reads the answer, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> DefaultWebhookSecret {
        DefaultWebhookSecret(secret: reader.needed("secret", "a string") { $0.string($1) } ?? "")
    }

    /// Writes the answer.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("secret", secret) }
    }
}
