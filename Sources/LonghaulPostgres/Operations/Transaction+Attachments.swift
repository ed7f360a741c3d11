import LonghaulCore
import LonghaulStore

/// Data that attempts leave besides their results: log lines and artifacts.
extension Transaction {
    private static let lastLine = Query("SELECT max(number) FROM longhaul.logs WHERE id = $1::uuid")
    private static let trimLines = Query(
        "DELETE FROM longhaul.logs WHERE id = $1::uuid AND number <= $2::bigint")

    func lastLogNumber(of row: JobRow) throws -> Int64 {
        if let known = entries[row.job.id]?.lastLine { return known }
        var last = try connection.run(Request(Self.lastLine, .uuid(row.job.id))).first
        return last?.int64() ?? 0
    }

    func appendLog(_ lines: [StoredLogLine], to row: JobRow) {
        change(row.job.id) { entry in
            entry.newLines += lines
            entry.lastLine = lines.last?.number ?? entry.lastLine
        }
    }

    func trimLog(of row: JobRow, toBytes bytes: Int64) {
        writes.append(AttachmentQueries.trimLog(of: row.job.id, to: bytes))
    }

    func trimLog(of row: JobRow, upTo number: Int64) {
        writes.append(Request(Self.trimLines, .uuid(row.job.id), .int8(number)))
    }

    func artifactUsage(of row: JobRow, besides name: String) throws -> AttachmentUsage {
        // By name: an artifact of this transaction replaces a stored one, or an earlier one of the transaction.
        var new: [String: Int64] = [name: 0]
        for earlier in entries[row.job.id]?.newArtifacts ?? []
        where earlier.fence == row.fence && earlier.name != name {
            new[earlier.name] = earlier.sizeBytes
        }
        var others = try AttachmentQueries.artifacts(of: row, besides: new.keys.sorted(), connection)
        others.count += new.count - 1
        others.bytes += new.values.reduce(0, +)
        return others
    }

    func upsert(_ artifact: Artifact, of row: JobRow) {
        change(row.job.id) { entry in
            if entry.row.artifactFence != artifact.fence {
                entry.row.artifactFence = artifact.fence
                entry.isChanged = true
            }
            entry.newArtifacts.append(artifact)
            entry.artifacts.removeAll { $0.name == artifact.name || $0.fence != artifact.fence }
            entry.artifacts.append(artifact)
            entry.artifacts.sort { $0.name < $1.name }
        }
    }
}
