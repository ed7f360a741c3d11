import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// A column of `jobs`: how it is written. `JobRow.init(_:)` reads the columns in the same order.
struct JobColumn: Sendable {
    /// Columns that change together.
    struct Changes: OptionSet, Hashable {
        let rawValue: Int

        /// With every change of state.
        static let standing = Changes(rawValue: 1)
        /// When the job becomes pending, and when a worker takes it.
        static let taking = Changes(rawValue: 2)
        /// When it ends.
        static let ending = Changes(rawValue: 4)
        static let seldom = Changes(rawValue: 8)
        static let all: Changes = [.standing, .taking, .ending, .seldom]
    }

    /// What nearly every new job has in a column.
    enum Start {
        case null
        case zero
    }

    let name: String
    let type: ColumnType
    /// When it may change after the job was stored; empty for never.
    let changes: Changes
    /// What nearly every new job has; nil where each has its own.
    let start: Start?
    let write: @Sendable (JobRow, inout ArrayParameter) -> Void

    private init(
        _ name: String, _ type: ColumnType, changes: Changes = [], start: Start? = nil,
        _ write: @escaping @Sendable (JobRow, inout ArrayParameter) -> Void
    ) {
        self.name = name
        self.type = type
        self.changes = changes
        self.start = start
        self.write = write
    }

    /// What was asked for, and stays.
    private static let specification = [
        JobColumn("id", .uuid) { $1.append($0.job.id) },
        JobColumn("queue", .text) { $1.append($0.job.spec.queue) },
        JobColumn("kind", .text) { $1.append($0.job.spec.kind) },
        JobColumn("priority", .int2) { $1.append($0.job.spec.priority) },
        JobColumn("max_attempts", .int4) { $1.append($0.job.spec.maxAttempts) },
        JobColumn("created_at", .int8) { $1.append($0.job.createdAt) },
        JobColumn("expires_at", .int8, start: .null) { $1.append($0.job.spec.expiresAt) },
        JobColumn("retention_seconds", .float8, start: .null) { $1.append($0.job.spec.retentionSeconds) },
        JobColumn("caller", .text) { $1.append($0.job.caller) },
        JobColumn("actor", .text, start: .null) { $1.append($0.job.spec.actor) },
        JobColumn("parent", .uuid, start: .null) { $1.append($0.job.parentID) },
        JobColumn("extra", .text, start: .null) { $1.append(JobExtra.encode($0.job)) },
        JobColumn("payload", .bytea) { $1.append($0.job.spec.payload.bytes) },
    ]

    /// Where it stands.
    private static let standing = [
        JobColumn("state", .int2, changes: .standing) { $1.append($0.job.state.code) },
        JobColumn("attempt", .int4, changes: .taking, start: .zero) { $1.append($0.job.attempt) },
        JobColumn("run_at", .int8, changes: .seldom) { $1.append($0.job.runAt) },
        JobColumn("started_at", .int8, changes: .taking, start: .null) { $1.append($0.job.startedAt) },
        JobColumn("finished_at", .int8, changes: .ending, start: .null) { $1.append($0.job.finishedAt) },
        JobColumn("purge_at", .int8, changes: .ending, start: .null) { $1.append($0.purgeAt) },
        JobColumn("waiting_on", .int4, changes: .seldom, start: .zero) { $1.append($0.waitingOn) },
        JobColumn("needed", .int4, changes: .seldom, start: .zero) { $1.append($0.needed) },
        JobColumn("is_parent", .bool, changes: .seldom, start: .zero) { $1.append($0.isParent) },
        JobColumn("is_awaited", .bool, changes: .seldom, start: .zero) { $1.append($0.isAwaited) },
        JobColumn("history", .bytea, changes: .standing) { $1.append($0.history.bytes) },
        JobColumn("lane", .int4, changes: .taking) { $1.append($0.place?.lane) },
        JobColumn("pos", .int8, changes: .taking) { $1.append($0.place?.position) },
        JobColumn("due", .int8, changes: .standing, start: .null) { $1.append($0.due) },
        JobColumn("fault_version", .int4, changes: .seldom, start: .zero) { $1.append($0.faultVersion) },
        JobColumn("fingerprint", .text, changes: .seldom, start: .null) { $1.append($0.job.fingerprint) },
        JobColumn("result", .bytea, changes: .ending, start: .null) { $1.append($0.job.result?.bytes) },
    ]

    /// Its leases.
    private static let leasing = [
        JobColumn("fence", .int8, changes: .taking, start: .zero) { $1.append($0.fence) },
        JobColumn("fence_base", .int8, changes: .seldom, start: .zero) { $1.append($0.fenceBase) },
        JobColumn("secret", .int8, changes: .taking, start: .zero) {
            $1.append(Int64(bitPattern: $0.secret))
        },
        JobColumn("lease_ms", .int8, changes: .taking, start: .zero) { $1.append($0.leaseMilliseconds) },
        JobColumn("lease_expires_at", .int8, changes: .standing, start: .null) {
            $1.append($0.leaseExpiresAt)
        },
        JobColumn("worker_id", .text, changes: .taking, start: .null) { $1.append($0.job.worker?.id) },
        JobColumn("worker_name", .text, changes: .taking, start: .null) { $1.append($0.job.worker?.name) },
        JobColumn("progress_percent", .float8, changes: .seldom, start: .null) {
            $1.append($0.job.progress?.percent)
        },
        JobColumn("progress_message", .text, changes: .seldom, start: .null) {
            $1.append($0.job.progress?.message)
        },
        JobColumn("artifact_fence", .int8, changes: .seldom, start: .zero) { $1.append($0.artifactFence) },
    ]

    /// Every column.
    static let all = specification + standing + leasing

    /// The same with nothing in place of payload and result.
    static func summary(_ table: String) -> String {
        all.map { ["payload", "result"].contains($0.name) ? "NULL::bytea" : "\(table).\($0.name)" }
            .joined(separator: ", ")
    }

    /// The columns by name, as a statement lists them, of the table or alias `table`.
    static func list(_ table: String) -> String {
        all.map { "\(table).\($0.name)" }.joined(separator: ", ")
    }
}
