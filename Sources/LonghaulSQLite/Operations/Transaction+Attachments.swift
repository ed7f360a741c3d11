import LonghaulCore
import LonghaulStore

/// Data that attempts leave besides their results: log lines and artifacts.
extension Transaction {
    private static let lastLine = Query("SELECT max(number) FROM logs WHERE seq = ?1")
    private static let insertLine = StoredLogLine.insertion(into: "logs")
    private static let trimLines = Query("DELETE FROM logs WHERE seq = ?1 AND number <= ?2")
    private static let trimBytes = Query(
        """
        DELETE FROM logs WHERE seq = ?1 AND number <= (
            SELECT max(number) FROM (
                SELECT number, sum(length(CAST(message AS BLOB))) OVER (ORDER BY number DESC) AS bytes
                FROM logs WHERE seq = ?1)
            WHERE bytes > ?2)
        """)
    private static let replaceArtifact = Artifact.insertion(into: "artifacts", replacing: true)
    private static let markArtifacts = Query("UPDATE jobs SET artifact_fence = ?2 WHERE seq = ?1")

    func lastLogNumber(of row: JobRow) throws -> Int64 {
        try connection.first(Self.lastLine, .integer(row.seq)) { $0.int64(0) } ?? 0
    }

    func appendLog(_ lines: [StoredLogLine], to row: JobRow) throws {
        for line in lines { try connection.run(Self.insertLine, [.integer(row.seq)] + line.values) }
    }

    func trimLog(of row: JobRow, toBytes bytes: Int64) throws {
        try connection.run(Self.trimBytes, .integer(row.seq), .integer(bytes))
    }

    func trimLog(of row: JobRow, upTo number: Int64) throws {
        try connection.run(Self.trimLines, .integer(row.seq), .integer(number))
    }

    func artifactUsage(of row: JobRow, besides name: String) throws -> AttachmentUsage {
        try loader.artifactUsage(of: row, besides: name)
    }

    func upsert(_ artifact: Artifact, of row: JobRow) throws {
        if row.artifactFence != row.fence {
            try connection.run(Self.markArtifacts, .integer(row.seq), .int(row.fence))
        }
        try connection.run(Self.replaceArtifact, [.integer(row.seq)] + artifact.values)
    }
}
