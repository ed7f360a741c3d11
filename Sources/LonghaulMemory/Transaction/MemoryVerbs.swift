package import LonghaulCore
package import LonghaulJSON
package import LonghaulStore

/// The verbs of a memory transaction, as the driver's own operations call them.
///
/// A test can put a type of its own in front of ``MemoryTransaction`` that changes some of the verbs.
package protocol MemoryVerbs: StoreTransaction {
    /// The transaction behind the verbs.
    var base: MemoryTransaction { get }
}

extension MemoryTransaction: MemoryVerbs {
    package var base: MemoryTransaction { self }
}

/// The number of log lines of a job that are kept.
private let linesKept = 10_000

/// Data that attempts leave besides their results: log lines, artifacts and checkpoints.
extension MemoryVerbs {
    package func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) throws {
        let row = try held(by: token)
        base.change(row.job.id) { stored in
            var number = stored.logs.last?.number ?? 0
            let first = number
            for line in lines {
                number += 1
                stored.logs.append(StoredLogLine(number: number, attempt: row.job.attempt, line: line))
            }
            stored.logs.removeFirst(max(0, stored.logs.count - linesKept))
            guard AttachmentLimits.isLogDue(from: first, to: number) else { return }
            stored.trimLog(to: base.limits.attachments.logBytes)
        }
    }

    package func putArtifact(_ token: LeaseToken, _ artifact: Artifact) throws {
        let row = try held(by: token)
        try check(row) { limits, stored throws(LonghaulError) in
            try limits.checkArtifact(
                bytes: artifact.sizeBytes, beside: stored.artifactUsage(besides: artifact.name))
        }
        base.change(row.job.id) { stored in
            stored.artifacts.removeAll { $0.fence != row.fence || $0.name == artifact.name }
            stored.artifacts.append(artifact)
            stored.markArtifacts()
        }
    }

    package func putStep(_ token: LeaseToken, name: String, output: JSONText) throws -> JSONText {
        let row = try held(by: token)
        try check(row) { limits, stored throws(LonghaulError) in
            guard stored.steps[name] == nil else { return }
            try limits.checkStep(bytes: output.bytes.count, beside: stored.stepUsage)
        }
        var written = output
        base.change(row.job.id) { stored in
            written = stored.steps[name] ?? output
            stored.steps[name] = written
        }
        return written
    }

    /// Compares a job with the limits of its attachments.
    private func check(
        _ row: JobRow, _ rule: (AttachmentLimits, StoredJob) throws(LonghaulError) -> Void
    ) throws(LonghaulError) {
        guard let stored = base.tables.rows[row.job.id]?.stored else { return }
        try rule(base.limits.attachments, stored)
    }
}

extension StoredJob {
    /// The artifacts of the current attempt besides the one of this name.
    func artifactUsage(besides name: String) -> AttachmentUsage {
        artifacts.reduce(into: AttachmentUsage()) { usage, artifact in
            guard artifact.fence == row.fence, artifact.name != name else { return }
            usage.count += 1
            usage.bytes += artifact.sizeBytes
        }
    }

    /// The checkpoints of the job.
    fileprivate var stepUsage: AttachmentUsage {
        AttachmentUsage(count: steps.count, bytes: steps.values.reduce(0) { $0 + Int64($1.bytes.count) })
    }

    /// Removes the oldest lines of the log beyond a number of bytes.
    fileprivate mutating func trimLog(to bytes: Int64) {
        var total: Int64 = 0
        let kept = logs.reversed().prefix { line in
            total += Int64(line.line.message.utf8.count)
            return total <= bytes
        }
        logs = kept.reversed()
    }
}
