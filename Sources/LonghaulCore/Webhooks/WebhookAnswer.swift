/// What came back from an attempt to deliver a webhook.
public struct WebhookAnswer: Sendable, Hashable {
    /// The status of the answer; nil without an answer.
    public var status: Int?
    /// Why the attempt failed; nil if the receiver has accepted the webhook.
    public var error: String?
    /// The pause that the receiver asked for, in seconds.
    public var retryAfterSeconds: Double?

    /// An attempt without an answer.
    public init(error: String) {
        self.error = error
    }

    /// An answer with this status. Only 200 to 299 accept the webhook.
    public init(status: Int, retryAfterSeconds: Double? = nil) {
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
        switch status {
        case 200..<300: error = nil
        case 300..<400: error = "The receiver answered \(status). The server follows no redirects."
        case 410: error = "The receiver answered 410: it wants no more attempts."
        default: error = "The receiver answered \(status)."
        }
    }

    /// What follows from it.
    public var outcome: WebhookOutcome.Answer {
        if error == nil { return .accepted }
        return status == 410 ? .gone : .failed(retryAfterSeconds: retryAfterSeconds)
    }
}
