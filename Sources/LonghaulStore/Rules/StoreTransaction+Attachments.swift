package import LonghaulCore

/// Data that attempts leave besides their results: log lines and artifacts.
extension StoreTransaction {
    /// Adds lines to the log of the job that a token holds.
    package func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) throws {
        try appendLog(lines, of: try held(by: token))
    }

    /// Adds lines to the log of a job, and removes the oldest ones beyond the limits.
    func appendLog(_ lines: [LogLine], of row: JobRow) throws {
        let first = try lastLogNumber(of: row)
        var last = first
        try appendLog(
            lines.suffix(AttachmentLimits.logLines).map { line in
                last += 1
                return StoredLogLine(number: last, attempt: row.job.attempt, line: line)
            }, to: row)
        if AttachmentLimits.isLogDue(from: first, to: last) {
            try trimLog(of: row, toBytes: limits.attachments.logBytes)
        }
        let removed = last - Int64(AttachmentLimits.logLines)
        if removed > 0 { try trimLog(of: row, upTo: removed) }
    }

    /// Records a file that the attempt of a token stored.
    package func putArtifact(_ token: LeaseToken, _ artifact: Artifact) throws {
        let row = try held(by: token)
        try limits.attachments.checkArtifact(
            bytes: artifact.sizeBytes, beside: try artifactUsage(of: row, besides: artifact.name))
        var artifact = artifact
        artifact.fence = row.fence
        try upsert(artifact, of: row)
    }
}
