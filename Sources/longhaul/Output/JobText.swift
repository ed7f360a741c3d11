import LonghaulCore
import LonghaulJSON

/// A job as text for people.
enum JobText {
    /// The job, with one line for each detail.
    static func lines(of job: Job, at now: Timestamp) -> [String] {
        var details: [(String, String?)] = [
            ("id", job.id.description), ("kind", job.spec.kind), ("queue", job.spec.queue),
            ("state", Format.colour(job.state)(job.state.rawValue)), ("priority", "\(job.spec.priority)"),
            ("attempt", "\(job.attempt) of \(job.spec.maxAttempts)"),
            ("progress", job.progress.map { Format.progress($0) }),
            ("created", Format.moment(job.createdAt, at: now)),
            (
                "due",
                job.state == .scheduled || job.state == .retrying ? Format.moment(job.runAt, at: now) : nil
            ),
            ("suspended", Format.waits(of: job, at: now)),
            ("started", Format.moment(job.startedAt, at: now)),
            ("finished", Format.moment(job.finishedAt, at: now)),
            ("position", job.position.map { "\($0)" }),
            ("should start", Format.moment(job.estimatedStartAt, at: now)),
            ("worker", job.worker?.name), ("actor", job.spec.actor), ("tags", tags(job.spec.tags)),
            (
                "depends on",
                job.dependsOn.isEmpty ? nil : job.dependsOn.map(\.description).joined(separator: " ")
            ),
            ("operations", job.operationCount > 0 ? "\(job.operationCount)" : nil),
            ("parent", job.parentID?.description), ("children", children(of: job)),
            ("payload", job.spec.payload.description),
            ("result", job.result?.description), ("error", job.error.map { Format.error($0) }),
        ]
        details += job.artifacts.map { ("artifact", "\($0.name)  \(Format.size($0.sizeBytes))") }
        details += job.attempts.map { ("attempt \($0.number)", attempt($0, at: now)) }
        let shown = details.compactMap { name, text in text.map { (name, $0) } }
        let width = shown.map(\.0.count).max() ?? 0
        return shown.map { name, text in
            let value = name == "state" ? text : text.printable
            return name + String(repeating: " ", count: width - name.count + 2) + value
        }
    }

    private static func children(of job: Job) -> String? {
        guard job.childrenCount > 0 else { return nil }
        let more = job.childrenCount - job.children.count
        return job.children.map(\.description).joined(separator: " ") + (more > 0 ? " and \(more) more" : "")
    }

    private static func tags(_ tags: [String: String]) -> String? {
        tags.isEmpty
            ? nil : tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    private static func attempt(_ attempt: Attempt, at now: Timestamp) -> String {
        var text = "on \(attempt.worker), "
        if let end = attempt.finishedAt {
            text += "took \(Format.duration(end.seconds(since: attempt.startedAt)))"
        } else {
            text += "running for \(Format.duration(now.seconds(since: attempt.startedAt)))"
        }
        return text + (attempt.error.map { ", " + Format.error($0) } ?? "")
    }
}
