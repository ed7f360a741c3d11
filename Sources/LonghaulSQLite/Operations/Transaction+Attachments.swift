import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Data that attempts leave besides their results: log lines, artifacts and checkpoints.
extension Transaction {
    /// The maximum number of stored log lines of a job.
    private static let linesKept: Int64 = 10_000

    private static let lastLine = Query("SELECT max(number) FROM logs WHERE seq = ?1")
    private static let insertLine = Query(
        "INSERT INTO logs (seq, number, attempt, at, level, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
    private static let trimLines = Query("DELETE FROM logs WHERE seq = ?1 AND number <= ?2")
    private static let trimBytes = Query(
        """
        DELETE FROM logs WHERE seq = ?1 AND number <= (
            SELECT max(number) FROM (
                SELECT number, sum(length(CAST(message AS BLOB))) OVER (ORDER BY number DESC) AS bytes
                FROM logs WHERE seq = ?1)
            WHERE bytes > ?2)
        """)
    private static let replaceArtifact = Query(
        """
        INSERT OR REPLACE INTO artifacts (seq, fence, name, size_bytes, content_type, sha256)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """)
    private static let markArtifacts = Query("UPDATE jobs SET artifact_fence = ?2 WHERE seq = ?1")
    private static let insertStep = Query("INSERT INTO steps (seq, name, output) VALUES (?1, ?2, ?3)")

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) throws {
        let row = try held(by: token)
        var number = try connection.first(Self.lastLine, .integer(row.seq)) { $0.int64(0) } ?? 0
        let first = number
        for line in lines.suffix(Int(Self.linesKept)) {
            number += 1
            try connection.run(
                Self.insertLine, .integer(row.seq), .integer(number), .int(row.job.attempt), .time(line.at),
                .int(line.level.code), .text(line.message))
        }
        if AttachmentLimits.isLogDue(from: first, to: number) {
            try connection.run(Self.trimBytes, .integer(row.seq), .integer(limits.attachments.logBytes))
        }
        guard number > Self.linesKept else { return }
        try connection.run(Self.trimLines, .integer(row.seq), .integer(number - Self.linesKept))
    }

    func putArtifact(_ token: LeaseToken, _ artifact: Artifact) throws {
        let row = try held(by: token)
        try limits.attachments.checkArtifact(
            bytes: artifact.sizeBytes, beside: try loader.artifactUsage(of: row, besides: artifact.name))
        if row.artifactFence != row.fence {
            try connection.run(Self.markArtifacts, .integer(row.seq), .int(row.fence))
        }
        try connection.run(
            Self.replaceArtifact, .integer(row.seq), .int(row.fence), .text(artifact.name),
            .integer(artifact.sizeBytes), .text(artifact.contentType), .text(artifact.sha256))
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) throws -> JSONText {
        let row = try held(by: token)
        if let written = try loader.step(of: row, name: name) { return written }
        try limits.attachments.checkStep(bytes: output.bytes.count, beside: try loader.stepUsage(of: row))
        try connection.run(Self.insertStep, .integer(row.seq), .text(name), .blob(output.bytes))
        return output
    }
}
