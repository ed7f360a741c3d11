import LonghaulCore
import LonghaulJSON

/// A job as people read it.
enum JobText {
    /// The job, a line for each of its facts.
    static func lines(of job: Job, at now: Timestamp) -> [String] {
        var facts: [(String, String?)] = [
            ("id", job.id.description), ("kind", job.spec.kind), ("queue", job.spec.queue),
            ("state", Words.colour(job.state)(job.state.rawValue)), ("priority", "\(job.spec.priority)"),
            ("attempt", "\(job.attempt) of \(job.spec.maxAttempts)"),
            ("progress", job.progress.map { Words.progress($0) }),
            ("created", Words.moment(job.createdAt, at: now)),
            (
                "due",
                job.state == .scheduled || job.state == .retrying ? Words.moment(job.runAt, at: now) : nil
            ),
            ("started", Words.moment(job.startedAt, at: now)),
            ("finished", Words.moment(job.finishedAt, at: now)),
            ("position", job.position.map { "\($0)" }),
            ("should start", Words.moment(job.estimatedStartAt, at: now)),
            ("worker", job.worker?.name), ("actor", job.spec.actor), ("tags", tags(job.spec.tags)),
            (
                "depends on",
                job.dependsOn.isEmpty ? nil : job.dependsOn.map(\.description).joined(separator: " ")
            ),
            ("parent", job.parentID?.description), ("children", children(of: job)),
            ("payload", job.spec.payload.description),
            ("result", job.result?.description), ("error", job.error.map { Words.error($0) }),
        ]
        facts += job.artifacts.map { ("artifact", "\($0.name)  \(Words.size($0.sizeBytes))") }
        facts += job.attempts.map { ("attempt \($0.number)", attempt($0, at: now)) }
        let told = facts.compactMap { name, text in text.map { (name, $0) } }
        let width = told.map(\.0.count).max() ?? 0
        return told.map { name, text in
            let shown = name == "state" ? text : text.printable
            return name + String(repeating: " ", count: width - name.count + 2) + shown
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
            text += "took \(Words.duration(end.seconds(since: attempt.startedAt)))"
        } else {
            text += "running for \(Words.duration(now.seconds(since: attempt.startedAt)))"
        }
        return text + (attempt.error.map { ", " + Words.error($0) } ?? "")
    }
}
