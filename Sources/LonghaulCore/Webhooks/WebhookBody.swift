import LonghaulJSON

/// The body of a webhook: the event, its time, and the job without its payload.
///
/// The parts of the job that can be large have ``maxPartBytes`` together. A part that does not fit is left out, and the
/// field `omitted` of the job names it.
struct WebhookBody {
    /// The maximum size of the large parts together, in bytes.
    static let maxPartBytes = 128 << 10

    private var job: Job
    private var parts: JobParts = []
    private var omitted: [String] = []
    private var room = Self.maxPartBytes

    private init(_ job: Job) {
        self.job = job
        if !hasRoom("error.details", job.error?.details?.bytes.count ?? 0) { self.job.error?.details = nil }
        if hasRoom("result", job.result?.bytes.count ?? 0) { parts.insert(.result) }
        if hasRoom("artifacts", job.artifacts.reduce(0) { $0 + Self.size(of: $1) }) {
            parts.insert(.artifacts)
        }
        if hasRoom("attempts", job.attempts.reduce(0) { $0 + Self.size(of: $1) }) { parts.insert(.attempts) }
    }

    /// Reserves room for a part, or records that it is left out.
    private mutating func hasRoom(_ name: String, _ bytes: Int) -> Bool {
        guard bytes <= room else {
            omitted.append(name)
            return false
        }
        room -= bytes
        return true
    }

    /// The size of an artifact's text, about.
    private static func size(of artifact: Artifact) -> Int {
        300 + 2 * artifact.name.utf8.count + artifact.contentType.utf8.count
    }

    /// The size of an attempt's text, about. The text is not written to measure it, because it can be very large.
    private static func size(of attempt: Attempt) -> Int {
        300 + attempt.worker.utf8.count + (attempt.error?.message.utf8.count ?? 0)
            + (attempt.error?.details?.bytes.count ?? 0)
    }

    /// The body for a job that has ended.
    static func bytes(of job: Job, event: WebhookDelivery.Event, at moment: Timestamp) -> [UInt8] {
        let body = WebhookBody(job)
        var writer = JSONWriter(capacity: 4096)
        writer.object { writer in
            writer.field("type", event.rawValue)
            writer.field("timestamp", moment)
            writer.key("data")
            body.job.write(to: &writer, parts: body.parts) { $0.field("omitted", body.omitted) }
        }
        return writer.bytes
    }
}

extension WebhookDelivery {
    /// The delivery for a job that has just ended; nil for a job without a `callback_url`.
    ///
    /// - Parameters:
    ///   - job: the job with its error and its attempts.
    ///   - retrySeconds: how long failed attempts are retried, in seconds.
    package init?(of job: Job, at now: Timestamp, retrySeconds: Double, random: any RandomSource) {
        guard let url = job.spec.callbackURL, let event = Event(job.state) else { return nil }
        self.init(
            id: JobID(at: now, random: random), jobID: job.id, event: event, url: url, createdAt: now,
            retrySeconds: retrySeconds, body: WebhookBody.bytes(of: job, event: event, at: now))
    }
}
