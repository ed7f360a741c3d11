import LonghaulCore
import LonghaulJSON

/// Computes the keys that identify a repeated submission.
enum KeyDigest {
    /// The keys of a request: the caller's idempotency key, the key of its `unique` rule, or both.
    ///
    /// - Parameter children: if the request is the parent of a batch, the other entries.
    static func keys(
        of job: NewJob, with children: [NewJob] = [], caller: String, at now: Timestamp,
        lifetimeSeconds: Double
    ) -> [SubmissionKey] {
        let expiry = now.adding(seconds: lifetimeSeconds)
        var keys: [SubmissionKey] = []
        if let key = job.idempotencyKey {
            keys.append(
                SubmissionKey(
                    digest: digest(["idempotency", caller, key]),
                    fingerprint: fingerprint(of: [job] + children),
                    lifetime: .until(expiry)))
        }
        if let rule = job.unique {
            keys.append(uniqueKey(of: job, rule: rule, caller: caller, at: now, expiry: expiry))
        }
        return keys
    }

    /// The key of a schedule's tick. It keeps a tick from running twice when the clock is set back.
    ///
    /// The store keeps a job as long as the job's key. So the lifetime of this key is at most the retention of the job.
    /// Otherwise the jobs of a frequent schedule would stay for the whole lifetime of an idempotency key.
    static func tick(_ tick: Timestamp, of schedule: ScheduleRecord, until expiry: Timestamp) -> SubmissionKey
    {
        SubmissionKey(
            digest: digest([
                "tick", schedule.name, schedule.createdAt.description, schedule.spec.cron.description,
                schedule.spec.timeZone, tick.description,
            ]), lifetime: .withinRetention(until: expiry))
    }

    /// The key of a signal. It is valid for one caller and one job.
    static func signal(_ key: String, of caller: String) -> [UInt8] { digest(["signal", caller, key]) }

    private static func uniqueKey(
        of job: NewJob, rule: UniqueRule, caller: String, at now: Timestamp, expiry: Timestamp
    ) -> SubmissionKey {
        var parts = ["unique", caller]
        for part in rule.parts.sorted() {
            let value =
                switch part {
                case .actor: job.spec.actor ?? ""
                case .kind: job.spec.kind
                case .queue: job.spec.queue
                case .payload: SHA256.hexadecimal(SHA256.digest(canonical(job.spec.payload)))
                }
            parts += [part.rawValue, value]
        }
        switch rule.span {
        case .keyLifetime:
            return SubmissionKey(digest: digest(parts), lifetime: .until(expiry))
        case .whileActive:
            return SubmissionKey(digest: digest(parts + ["active"]), lifetime: .whileActive)
        case .window(let seconds):
            let length = max(1, Int64((seconds * 1000).rounded()))
            let number = now.milliseconds / length
            let end = Timestamp(milliseconds: (number + 1) * length)
            return SubmissionKey(digest: digest(parts + ["\(length)", "\(number)"]), lifetime: .until(end))
        }
    }

    /// The digest of a request without its idempotency key. Two requests with the same key must have the same one.
    private static func fingerprint(of jobs: [NewJob]) -> [UInt8] {
        let hash = SHA256()
        for (index, job) in jobs.enumerated() {
            var rest = job
            if index == 0 { rest.idempotencyKey = nil }
            // A repeated request has a trace of its own, and is still the same request.
            rest.spec.traceparent = nil
            var writer = JSONWriter()
            rest.write(to: &writer)
            hash.update(canonical(JSONText(validated: writer.bytes)))
        }
        return hash.finish()
    }

    private static func canonical(_ text: JSONText) -> [UInt8] {
        (try? JSONValue(text).canonical()) ?? text.bytes
    }

    /// The digest of a list of texts. The length before each text makes the digests of different lists differ.
    private static func digest(_ parts: [String]) -> [UInt8] {
        let hash = SHA256()
        for part in parts {
            hash.update(Array("\(part.utf8.count):".utf8))
            hash.update(Array(part.utf8))
        }
        return hash.finish()
    }
}
