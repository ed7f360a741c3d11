import LonghaulCore
import LonghaulStore

/// Log lines and artifacts.
extension StoredJob {
    /// The names of the artifacts of the current attempt.
    var artifactNames: Set<String> {
        Set(artifacts.lazy.filter { $0.fence == row.fence }.map(\.name))
    }

    /// The artifacts of the current attempt besides the one of this name.
    func artifactUsage(besides name: String) -> AttachmentUsage {
        artifacts.reduce(into: AttachmentUsage()) { usage, artifact in
            guard artifact.fence == row.fence, artifact.name != name else { return }
            usage.count += 1
            usage.bytes += artifact.sizeBytes
        }
    }

    /// Removes the oldest lines of the log beyond a number of bytes.
    mutating func trimLog(to bytes: Int64) {
        var total: Int64 = 0
        let kept = logs.reversed().prefix { line in
            total += Int64(line.line.message.utf8.count)
            return total <= bytes
        }
        logs = kept.reversed()
    }
}
