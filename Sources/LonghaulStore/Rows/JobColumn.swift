import LonghaulCore
import LonghaulJSON

/// A column of `jobs`: its name, how a job's value is bound, and how it is read.
///
/// The columns that both SQL drivers have are declared here. A driver lists them in the order of its statements, and
/// adds its own.
package struct JobColumn: Sendable {
    package let name: String
    package let write: @Sendable (JobRow) -> ColumnValue
    package let read: @Sendable (inout JobRow, ColumnValue) throws -> Void

    package init(
        _ name: String, _ write: @escaping @Sendable (JobRow) -> ColumnValue,
        _ read: @escaping @Sendable (inout JobRow, ColumnValue) throws -> Void
    ) {
        self.name = name
        self.write = write
        self.read = read
    }
}

/// The job as it was submitted.
extension JobColumn {
    package static let id = JobColumn("id", { .id($0.job.id) }) { row, value in
        guard let id = value.optionalID else { throw CorruptValue("a job without an identifier") }
        row.job.id = id
    }
    package static let queue = JobColumn("queue", { .text($0.job.spec.queue) }) {
        $0.job.spec.queue = $1.text
    }
    package static let kind = JobColumn("kind", { .text($0.job.spec.kind) }) { $0.job.spec.kind = $1.text }
    package static let priority = JobColumn("priority", { .int($0.job.spec.priority) }) {
        $0.job.spec.priority = $1.int
    }
    package static let maxAttempts = JobColumn("max_attempts", { .int($0.job.spec.maxAttempts) }) {
        $0.job.spec.maxAttempts = $1.int
    }
    package static let createdAt = JobColumn("created_at", { .time($0.job.createdAt) }) {
        $0.job.createdAt = $1.time
    }
    package static let expiresAt = JobColumn("expires_at", { .time($0.job.spec.expiresAt) }) {
        $0.job.spec.expiresAt = $1.optionalTime
    }
    package static let caller = JobColumn("caller", { .text($0.job.caller) }) { $0.job.caller = $1.text }
    package static let actor = JobColumn("actor", { .text($0.job.spec.actor) }) {
        $0.job.spec.actor = $1.optionalText
    }
    package static let parent = JobColumn("parent", { .id($0.job.parentID) }) {
        $0.job.parentID = $1.optionalID
    }
}

/// The state of the job.
extension JobColumn {
    package static let state = JobColumn("state", { .int($0.job.state.code) }) {
        $0.job.state = try JobState(code: $1.int)
    }
    package static let attempt = JobColumn("attempt", { .int($0.job.attempt) }) { $0.job.attempt = $1.int }
    package static let runAt = JobColumn("run_at", { .time($0.job.runAt) }) { $0.job.runAt = $1.time }
    package static let startedAt = JobColumn("started_at", { .time($0.job.startedAt) }) {
        $0.job.startedAt = $1.optionalTime
    }
    package static let finishedAt = JobColumn("finished_at", { .time($0.job.finishedAt) }) {
        $0.job.finishedAt = $1.optionalTime
    }
    package static let purgeAt = JobColumn("purge_at", { .time($0.purgeAt) }) { $0.purgeAt = $1.optionalTime }
    package static let waitingOn = JobColumn("waiting_on", { .int($0.waitingOn) }) { $0.waitingOn = $1.int }
    package static let needed = JobColumn("needed", { .int($0.needed) }) { $0.needed = $1.int }
    package static let isParent = JobColumn("is_parent", { .bool($0.isParent) }) { $0.isParent = $1.bool }
    package static let isAwaited = JobColumn("is_awaited", { .bool($0.isAwaited) }) {
        $0.isAwaited = $1.bool
    }
    package static let history = JobColumn("history", { .blob($0.history.bytes) }) {
        $0.history = JobHistory(bytes: $1.blob)
        $0.job.version = $0.history.version
    }
    package static let faultVersion = JobColumn("fault_version", { .int($0.faultVersion) }) {
        $0.faultVersion = $1.int
    }
    package static let result = JobColumn("result", { .blob($0.job.result?.bytes) }) {
        $0.job.result = $1.optionalJSON
    }
}

/// The leases of the job. Each `name` and `message` is read after the value that it belongs to.
extension JobColumn {
    package static let fence = JobColumn("fence", { .int($0.fence) }) { $0.fence = $1.int }
    package static let fenceBase = JobColumn("fence_base", { .int($0.fenceBase) }) { $0.fenceBase = $1.int }
    package static let secret = JobColumn("secret", { .integer(Int64(bitPattern: $0.secret)) }) {
        $0.secret = UInt64(bitPattern: $1.int64)
    }
    package static let leaseMilliseconds = JobColumn("lease_ms", { .integer($0.leaseMilliseconds) }) {
        $0.leaseMilliseconds = $1.int64
    }
    package static let leaseExpiresAt = JobColumn("lease_expires_at", { .time($0.leaseExpiresAt) }) {
        $0.leaseExpiresAt = $1.optionalTime
    }
    package static let workerID = JobColumn("worker_id", { .text($0.job.worker?.id) }) {
        $0.job.worker = $1.optionalText.map { WorkerRef(id: $0, name: "") }
    }
    package static let workerName = JobColumn("worker_name", { .text($0.job.worker?.name) }) {
        $0.job.worker?.name = $1.text
    }
    package static let progressPercent = JobColumn("progress_percent", { .real($0.job.progress?.percent) }) {
        $0.job.progress = $1.optionalDouble.map { Progress(percent: $0) }
    }
    package static let progressMessage = JobColumn("progress_message", { .text($0.job.progress?.message) }) {
        $0.job.progress?.message = $1.optionalText
    }
    package static let artifactFence = JobColumn("artifact_fence", { .int($0.artifactFence) }) {
        $0.artifactFence = $1.int
    }
}
