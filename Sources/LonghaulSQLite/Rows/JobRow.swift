import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// A row of `jobs`.
extension JobRow {
    /// The maximum number of bytes of a payload that is part of the row. A longer payload has a table of its own, so
    /// that a change of the row does not write it again.
    static let maxInlinePayload = 256

    /// The columns that `update` does not write. Statements of their own write the priority and the tags (`replaceSpec`)
    /// and the payload (`replacePayload`); the others never change.
    private static let fixedColumns: [JobColumn] = [
        .seq, .id, .queue, .kind, .priority, .maxAttempts, .createdAt, .expiresAt, .caller, .actor, .parent,
        .dependsOn, .retention, .timeout, .backoff, .onDependencyFailure, .tags, .size, .callbackURL,
        .traceparent, .payload, .waitFor, .collects, .labels,
        // Changed by a statement of its own; see `markParent`.
        .isParent,
    ]

    /// The columns that `update` writes.
    private static let changingColumns: [JobColumn] = [
        .state, .attempt, .fence, .fenceBase, .secret, .workerID, .workerName, .leaseMilliseconds,
        .leaseExpiresAt, .runAt, .startedAt, .finishedAt, .purgeAt, .waitingOn, .progressPercent,
        .progressMessage, .faultVersion, .history, .result, .isAwaited, .artifactFence, .needed, .partition,
        .journal, .wakeAt,
    ]

    private static let allColumns = fixedColumns + changingColumns

    /// The names of the columns, in the order in which `init(_:)` reads them.
    static let columns = allColumns.map(\.name).joined(separator: ", ")

    /// The same with NULL in place of payload and result.
    static let slimColumns = allColumns.map { ["payload", "result"].contains($0.name) ? "NULL" : $0.name }
        .joined(separator: ", ")

    /// Reads the current row of a statement that selects `columns`. NULL leaves what `blank` has.
    init(_ row: Statement) throws {
        self = .blank
        payloadIsApart = true
        for index in Self.allColumns.indices {
            if let value = row.optionalValue(Int32(index)) { try Self.allColumns[index].read(&self, value) }
        }
    }

    static let insert = Query(
        "INSERT INTO jobs (\(columns)) VALUES "
            + "(\(allColumns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")))")

    /// Binds the parameters of `insert`.
    func bindAll(to statement: Statement) throws(DatabaseError) {
        for index in Self.allColumns.indices {
            try statement.bind(Self.allColumns[index].write(self), at: Int32(index + 1))
        }
    }

    static let update: Query = {
        let list = changingColumns.enumerated().map { "\($0.element.name) = ?\($0.offset + 2)" }
        return Query("UPDATE jobs SET \(list.joined(separator: ", ")) WHERE seq = ?1")
    }()

    /// Binds the parameters of `update`.
    func bindChanging(to statement: Statement) throws(DatabaseError) {
        try statement.bind(.integer(seq), at: 1)
        for index in Self.changingColumns.indices {
            try statement.bind(Self.changingColumns[index].write(self), at: Int32(index + 2))
        }
    }
}

/// The columns that only this driver has.
extension JobColumn {
    fileprivate static let seq = JobColumn("seq", { .integer($0.seq) }) { $0.seq = $1.int64 }
    fileprivate static let dependsOn = JobColumn(
        "depends_on", { .blob($0.job.dependsOn.isEmpty ? nil : $0.job.dependsOn.flatMap(\.bytes)) }
    ) {
        $0.job.dependsOn = $1.optionalBlob.map(JobID.list) ?? []
    }
    /// -1 stands for none.
    fileprivate static let retention = JobColumn(
        "retention_seconds", { .real($0.job.spec.retentionSeconds ?? -1) }
    ) {
        $0.job.spec.retentionSeconds = $1.optionalDouble.flatMap { $0 < 0 ? nil : $0 }
    }
    fileprivate static let timeout = JobColumn("timeout_seconds", { .real($0.job.spec.timeoutSeconds) }) {
        $0.job.spec.timeoutSeconds = $1.optionalDouble
    }
    fileprivate static let backoff = JobColumn("backoff", { .text($0.job.spec.backoff.columnText) }) {
        if let text = $1.optionalText { $0.job.spec.backoff = try Backoff(columnText: text) }
    }
    fileprivate static let onDependencyFailure = JobColumn(
        "on_dependency_failure", { .int($0.job.spec.onDependencyFailure.code) }
    ) {
        $0.job.spec.onDependencyFailure = try JobSpec.DependencyPolicy(code: $1.int)
    }
    static let tags = JobColumn(
        "tags", { .text($0.job.spec.tags.isEmpty ? nil : TextCoding.encode($0.job.spec.tags)) }
    ) {
        if let text = $1.optionalText { $0.job.spec.tags = try TextCoding.map(text) }
    }
    fileprivate static let size = JobColumn("size", { .integer($0.job.spec.size) }) {
        $0.job.spec.size = $1.optionalInt64
    }
    fileprivate static let callbackURL = JobColumn("callback_url", { .text($0.job.spec.callbackURL) }) {
        $0.job.spec.callbackURL = $1.optionalText
    }
    fileprivate static let traceparent = JobColumn("traceparent", { .text($0.job.spec.traceparent) }) {
        $0.job.spec.traceparent = $1.optionalText
    }
    fileprivate static let payload = JobColumn(
        "payload", { $0.payloadIsApart ? .null : .blob($0.job.spec.payload.bytes) }
    ) {
        $0.job.spec.payload = $1.optionalJSON ?? .null
        $0.payloadIsApart = false
    }
    fileprivate static let waitFor = JobColumn("wait_for", { .int($0.job.spec.join.waitFor) }) {
        $0.job.spec.join.waitFor = $1.optionalInt
    }
    fileprivate static let collects = JobColumn("collects", { .bool($0.job.spec.join.collects) }) {
        $0.job.spec.join.collects = $1.bool
    }
    fileprivate static let labels = JobColumn(
        "labels", { .text(TextCoding.encode(labels: $0.job.spec.labels)) }
    ) {
        $0.job.spec.labels = try TextCoding.labels($1.text)
    }
    fileprivate static let partition = JobColumn("partition_value", { .text($0.partition) }) {
        $0.partition = $1.text
    }
    /// For the index of suspended jobs by time. The row has it from `journal`.
    static let wakeAt = JobColumn(
        "wake_at", { .time($0.job.state == .suspended ? $0.wakeAt : nil) }
    ) { _, _ in }
}

extension Backoff {
    /// The five settings, separated by spaces; nil for `storedDefault`.
    fileprivate var columnText: String? {
        self == .storedDefault
            ? nil : "\(growth.rawValue) \(initialSeconds) \(factor) \(maxSeconds) \(jitter)"
    }

    fileprivate init(columnText text: String) throws {
        let parts = text.split(separator: " ")
        let numbers = parts.dropFirst().compactMap { Double($0) }
        guard numbers.count == 4, let growth = parts.first.flatMap({ Growth(rawValue: String($0)) })
        else { throw CorruptValue("no back-off: \(text)") }
        self.init(
            growth: growth, initialSeconds: numbers[0], factor: numbers[1], maxSeconds: numbers[2],
            jitter: numbers[3])
    }
}
