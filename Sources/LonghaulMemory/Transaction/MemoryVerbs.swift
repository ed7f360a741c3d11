import LonghaulCore
import LonghaulJSON
package import LonghaulStoreRules

/// The verbs of a memory transaction, as the driver's own operations call them.
///
/// A test can put a type of its own in front of ``MemoryTransaction`` that changes some of the verbs; see
/// ``MemoryDatabase/wrap``.
package protocol MemoryVerbs: JobTransaction {
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
    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) throws {
        let row = try held(by: token)
        base.change(row.job.id) { stored in
            var number = stored.logs.last?.number ?? 0
            for line in lines {
                number += 1
                stored.logs.append(StoredLogLine(number: number, attempt: row.job.attempt, line: line))
            }
            stored.logs.removeFirst(max(0, stored.logs.count - linesKept))
        }
    }

    func putArtifact(_ token: LeaseToken, _ artifact: Artifact) throws {
        let row = try held(by: token)
        base.change(row.job.id) { stored in
            stored.artifacts.removeAll { $0.fence != row.fence || $0.name == artifact.name }
            stored.artifacts.append(artifact)
            stored.markArtifacts()
        }
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) throws -> JSONText {
        let row = try held(by: token)
        var written = output
        base.change(row.job.id) { stored in
            written = stored.steps[name] ?? output
            stored.steps[name] = written
        }
        return written
    }
}
