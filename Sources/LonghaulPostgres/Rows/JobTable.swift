import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The table `jobs`.
enum JobTable {
    /// Columns that change together.
    struct Changes: OptionSet, Hashable {
        let rawValue: Int

        /// With every change of state.
        static let state = Changes(rawValue: 1)
        /// When the job becomes pending, and when a worker leases it.
        static let lease = Changes(rawValue: 2)
        /// When it ends.
        static let end = Changes(rawValue: 4)
        static let rare = Changes(rawValue: 8)
        /// With every change of a durable job.
        static let journal = Changes(rawValue: 16)
        static let all: Changes = [.state, .lease, .end, .rare, .journal]
    }

    /// The value that nearly every new job has in a column.
    enum InitialValue {
        case null
        case zero
    }

    /// A column as this driver stores it.
    struct Column: Sendable {
        let column: JobColumn
        let type: ColumnType
        /// When it may change after the insert; empty for never.
        let changes: Changes
        /// The value that nearly every new job has; nil if each job has its own.
        let initial: InitialValue?

        init(
            _ column: JobColumn, _ type: ColumnType, changes: Changes = [], initial: InitialValue? = nil
        ) {
            self.column = column
            self.type = type
            self.changes = changes
            self.initial = initial
        }

        var name: String { column.name }
    }

    /// The columns, in the order in which `JobRow.init(_:)` reads them.
    static let columns = [
        Column(.id, .uuid), Column(.queue, .text), Column(.kind, .text), Column(.priority, .int2),
        Column(.maxAttempts, .int4), Column(.createdAt, .int8),
        Column(.expiresAt, .int8, initial: .null), Column(.retention, .float8, initial: .null),
        Column(.caller, .text), Column(.actor, .text, initial: .null),
        Column(.parent, .uuid, initial: .null), Column(.extra, .text, initial: .null),
        Column(.payload, .bytea),

        Column(.state, .int2, changes: .state), Column(.attempt, .int4, changes: .lease, initial: .zero),
        Column(.runAt, .int8, changes: .rare), Column(.startedAt, .int8, changes: .lease, initial: .null),
        Column(.finishedAt, .int8, changes: .end, initial: .null),
        Column(.purgeAt, .int8, changes: .end, initial: .null),
        Column(.waitingOn, .int4, changes: .rare, initial: .zero),
        Column(.needed, .int4, changes: .rare, initial: .zero),
        Column(.isParent, .bool, changes: .rare, initial: .zero),
        Column(.isAwaited, .bool, changes: .rare, initial: .zero),
        Column(.history, .bytea, changes: .state), Column(.lane, .int4, changes: .lease),
        Column(.position, .int8, changes: .lease), Column(.due, .int8, changes: .state, initial: .null),
        Column(.faultVersion, .int4, changes: .rare, initial: .zero),
        Column(.fingerprint, .text, changes: .rare, initial: .null),
        Column(.result, .bytea, changes: .end, initial: .null),

        Column(.fence, .int8, changes: .lease, initial: .zero),
        Column(.fenceBase, .int8, changes: .rare, initial: .zero),
        Column(.secret, .int8, changes: .lease, initial: .zero),
        Column(.leaseMilliseconds, .int8, changes: .lease, initial: .zero),
        Column(.leaseExpiresAt, .int8, changes: .state, initial: .null),
        Column(.workerID, .text, changes: .lease, initial: .null),
        Column(.workerName, .text, changes: .lease, initial: .null),
        Column(.progressPercent, .float8, changes: .rare, initial: .null),
        Column(.progressMessage, .text, changes: .rare, initial: .null),
        Column(.artifactFence, .int8, changes: .rare, initial: .zero),
        Column(.journal, .bytea, changes: .journal, initial: .null),
    ]

    /// The columns of the table or alias `table`, with NULL in place of payload and result.
    static func summary(_ table: String) -> String {
        columns.map { ["payload", "result"].contains($0.name) ? "NULL::bytea" : "\(table).\($0.name)" }
            .joined(separator: ", ")
    }

    /// The columns of the table or alias `table`.
    static func list(_ table: String) -> String {
        columns.map { "\(table).\($0.name)" }.joined(separator: ", ")
    }
}

extension JobRow {
    /// Reads a row of a statement that selects `JobTable.list`.
    init(_ row: inout RowReader) throws {
        self = .blank
        for column in JobTable.columns { try column.column.read(&self, row.value(column.type)) }
    }
}

/// The columns that only this driver has.
extension JobColumn {
    fileprivate static let retention = JobColumn(
        "retention_seconds", { .real($0.job.spec.retentionSeconds) }
    ) {
        $0.job.spec.retentionSeconds = $1.optionalDouble
    }
    static let extra = JobColumn("extra", { .text(JobExtra.encode($0.job)) }) {
        if let text = $1.optionalText { try JobExtra.decode(text, into: &$0.job) }
    }
    fileprivate static let payload = JobColumn("payload", { .blob($0.job.spec.payload.bytes) }) {
        $0.job.spec.payload = $1.optionalJSON ?? .null
    }
    fileprivate static let lane = JobColumn("lane", { .int($0.place?.lane) }) {
        $0.place = $1.optionalInt.map { PendingPlace(lane: $0, position: 0) }
    }
    fileprivate static let position = JobColumn("pos", { .integer($0.place?.position) }) {
        $0.place?.position = $1.int64
    }
    fileprivate static let due = JobColumn("due", { .time($0.due) }) { $0.due = $1.optionalTime }
    fileprivate static let fingerprint = JobColumn("fingerprint", { .text($0.job.fingerprint) }) {
        $0.job.fingerprint = $1.optionalText
    }
}
