package import LonghaulCore
package import LonghaulStore

/// Data that attempts leave besides their results: log lines and artifacts.
extension MemoryTransaction {
    package func lastLogNumber(of row: JobRow) throws -> Int64 { try stored(row).logs.last?.number ?? 0 }

    package func appendLog(_ lines: [StoredLogLine], to row: JobRow) {
        change(row.job.id) { $0.logs += lines }
    }

    package func trimLog(of row: JobRow, toBytes bytes: Int64) {
        change(row.job.id) { $0.trimLog(to: bytes) }
    }

    package func trimLog(of row: JobRow, upTo number: Int64) {
        change(row.job.id) { $0.logs.removeAll { $0.number <= number } }
    }

    package func artifactUsage(of row: JobRow, besides name: String) throws -> AttachmentUsage {
        try stored(row).artifactUsage(besides: name)
    }

    package func upsert(_ artifact: Artifact, of row: JobRow) {
        change(row.job.id) { stored in
            stored.artifacts.removeAll { $0.fence != artifact.fence || $0.name == artifact.name }
            stored.artifacts.append(artifact)
            stored.markArtifacts()
        }
    }
}
