import LonghaulCore
import LonghaulJSON

/// What attempts leave behind beside their results: log lines, files, checkpoints.
extension Transaction {
    /// How many log lines of a job are kept.
    private static let linesKept = 10_000

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) throws(LonghaulError) {
        var row = try held(by: token)
        var number = row.logs.last?.number ?? 0
        for line in lines {
            number += 1
            row.logs.append(StoredLogLine(number: number, attempt: row.job.attempt, line: line))
        }
        row.logs.removeFirst(max(0, row.logs.count - Self.linesKept))
        put(row)
    }

    func putArtifact(_ token: LeaseToken, _ artifact: Artifact) throws(LonghaulError) {
        var row = try held(by: token)
        row.artifacts.removeAll { $0.fence != row.fence || $0.name == artifact.name }
        row.artifacts.append(artifact)
        put(row)
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) throws(LonghaulError) -> JSONText {
        var row = try held(by: token)
        if let written = row.steps[name] { return written }
        row.steps[name] = output
        put(row)
        return output
    }
}
