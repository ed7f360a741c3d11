import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Data that attempts leave besides their results: log lines, artifacts and checkpoints.
extension Transaction {
    /// The maximum number of stored log lines of a job.
    private static let linesKept: Int64 = 10_000

    private static let lastLine = Query("SELECT max(number) FROM longhaul.logs WHERE id = $1::uuid")
    private static let trimLines = Query(
        "DELETE FROM longhaul.logs WHERE id = $1::uuid AND number <= $2::bigint")
    private static let step = Query(
        "SELECT output FROM longhaul.steps WHERE id = $1::uuid AND name = $2::text")

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) throws {
        let row = try held(by: token)
        var number = try lastLine(of: row.job.id)
        let first = number
        var added: [StoredLogLine] = []
        for line in lines.suffix(Int(Self.linesKept)) {
            number += 1
            added.append(StoredLogLine(number: number, attempt: row.job.attempt, line: line))
        }
        change(row.job.id) { entry in
            entry.newLines += added
            entry.lastLine = number
        }
        if AttachmentLimits.isLogDue(from: first, to: number) {
            writes.append(AttachmentQueries.trimLog(of: row.job.id, to: limits.attachments.logBytes))
        }
        guard number > Self.linesKept else { return }
        writes.append(Request(Self.trimLines, .uuid(row.job.id), .int8(number - Self.linesKept)))
    }

    private func lastLine(of id: JobID) throws -> Int64 {
        if let known = entries[id]?.lastLine { return known }
        var row = try connection.run(Request(Self.lastLine, .uuid(id))).first
        return row?.int64() ?? 0
    }

    func putArtifact(_ token: LeaseToken, _ artifact: Artifact) throws {
        let row = try held(by: token)
        // By name: an artifact of this transaction replaces a stored one, or an earlier one of the transaction.
        var new: [String: Int64] = [artifact.name: 0]
        for earlier in entries[row.job.id]?.newArtifacts ?? []
        where earlier.fence == row.fence && earlier.name != artifact.name {
            new[earlier.name] = earlier.sizeBytes
        }
        var others = try AttachmentQueries.artifacts(of: row, besides: new.keys.sorted(), connection)
        others.count += new.count - 1
        others.bytes += new.values.reduce(0, +)
        try limits.attachments.checkArtifact(bytes: artifact.sizeBytes, beside: others)
        change(row.job.id) { entry in
            if entry.row.artifactFence != entry.row.fence {
                entry.row.artifactFence = entry.row.fence
                entry.isChanged = true
            }
            var artifact = artifact
            artifact.fence = entry.row.fence
            entry.newArtifacts.append(artifact)
            entry.artifacts.removeAll { $0.name == artifact.name || $0.fence != artifact.fence }
            entry.artifacts.append(artifact)
            entry.artifacts.sort { $0.name < $1.name }
        }
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) throws -> JSONText {
        let row = try held(by: token)
        if let written = try step(of: row.job.id, name) { return written }
        var others = try AttachmentQueries.steps(of: row, connection)
        for new in entries[row.job.id]?.newSteps.values ?? [:].values {
            others.count += 1
            others.bytes += Int64(new.bytes.count)
        }
        try limits.attachments.checkStep(bytes: output.bytes.count, beside: others)
        change(row.job.id) { entry in
            entry.steps.updateValue(output, forKey: name)
            entry.newSteps[name] = output
        }
        return output
    }

    private func step(of id: JobID, _ name: String) throws -> JSONText? {
        if let known = entries[id]?.steps[name] { return known }
        var row = try connection.run(Request(Self.step, .uuid(id), .text(name))).first
        return row?.optionalJSON()
    }
}
