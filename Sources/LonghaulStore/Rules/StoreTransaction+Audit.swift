package import LonghaulCore
import LonghaulJSON

/// The audit log: a change with a source has a record in its transaction.
extension StoreTransaction {
    /// Records a change; does nothing without a source.
    func record(
        _ action: AuditAction, of subjects: [String], by source: AuditSource?, count: Int = 1,
        before: JSONText? = nil, after: JSONText? = nil
    ) throws {
        guard let source else { return }
        try append(
            AuditEntry(
                at: now, source: source, action: action, subjects: subjects, count: count, before: before,
                after: after))
    }

    /// Runs a body for each of these jobs, and records the jobs that it has changed as one change.
    ///
    /// - Parameter queue: the queue to which the change belongs; nil for a change of the jobs alone.
    package func operate<Value>(
        on ids: [JobID], _ action: AuditAction, in queue: String? = nil, by source: AuditSource?,
        _ body: (JobID) throws -> Value
    ) throws -> [Result<Value, LonghaulError>] {
        guard source != nil else { return try each(ids, body) }
        var changed = ChangedJobs()
        let results = try each(ids) { id in
            let before = try row(id)
            let value = try body(id)
            changed.add(id, before: before, after: try row(id))
            return value
        }
        try record(changed, action, in: queue, by: source)
        return results
    }

    /// Records changed jobs; does nothing if there are none.
    func record(
        _ changed: ChangedJobs, _ action: AuditAction, in queue: String? = nil, of ancestor: JobID? = nil,
        by source: AuditSource?
    ) throws {
        guard let first = changed.jobs.first else { return }
        let ids = changed.jobs.map(\.id.description)
        let isOne = changed.jobs.count == 1 && queue == nil && ancestor == nil
        try record(
            action, of: (queue.map { [$0] } ?? []) + ids, by: source, count: changed.jobs.count,
            before: isOne
                ? first.before.map { Self.facts(of: $0, action) } : changed.states(of: ancestor, \.before),
            after: isOne
                ? first.after.map { Self.facts(of: $0, action) } : changed.states(of: ancestor, \.after))
    }

    private static func facts(of row: JobRow, _ action: AuditAction) -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("state", row.job.state.rawValue)
            writer.field("queue", row.job.spec.queue)
            writer.field("kind", row.job.spec.kind)
            if row.job.isPaused { writer.field("paused", true) }
            if action == .editJob {
                writer.field("priority", row.job.spec.priority)
                writer.field("run_at", row.job.runAt.description)
                writer.object("tags") { writer in
                    for (name, value) in row.job.spec.tags.sorted(by: { $0.key < $1.key }) {
                        writer.field(name, value)
                    }
                }
            }
        }
        return writer.text
    }

    /// Removes old records from the beginning of the chain; see `AuditStore`.
    package func removeAuditRecords(olderThanSeconds seconds: Double, limit: Int) throws -> Bool {
        let horizon = now.adding(seconds: -seconds)
        let old = try oldestAuditRecords(limit: limit).prefix { $0.entry.at < horizon }
        guard let last = old.last else { return false }
        try removeAuditRecords(upTo: last.link)
        return old.count == limit
    }
}

extension StoreReader {
    /// A page of the audit log; see `AuditStore`.
    package func auditPage(_ filter: AuditFilter, before number: Int64?, limit: Int) throws -> AuditPage {
        let chain = try auditChain()
        let first = chain.removed.number + 1
        let newest = try newestAuditNumber(filter, before: number ?? .max)
        guard newest >= first else { return AuditPage(records: [], next: nil, chain: chain) }
        let start = max(first, newest - AuditPage.maxScanned + 1)
        let records = try auditRecords(filter, in: start...newest, limit: limit)
        let lowest = records.count == limit ? records.last?.number ?? start : start
        return AuditPage(records: records, next: lowest > first ? lowest : nil, chain: chain)
    }
}

/// The jobs that a call has changed.
struct ChangedJobs {
    /// A job with its row before and after the change; nil after a removal.
    struct Changed {
        var id: JobID
        var before: JobRow?
        var after: JobRow?
    }

    private(set) var jobs: [Changed] = []

    mutating func add(_ id: JobID, before: JobRow?, after: JobRow?) {
        jobs.append(Changed(id: id, before: before, after: after))
    }

    /// The numbers of the jobs in each state; nil if no job has a row.
    ///
    /// - Parameter ancestor: the job whose descendants they are; nil if they are not a family.
    func states(of ancestor: JobID?, _ row: (Changed) -> JobRow?) -> JSONText? {
        let counts = Dictionary(grouping: jobs.compactMap(row), by: \.job.state).mapValues(\.count)
        guard !counts.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.object { writer in
            if let ancestor { writer.field("ancestor", ancestor.description) }
            writer.object("states") { writer in
                for state in JobState.allCases where counts[state] != nil {
                    writer.field(state.rawValue, counts[state])
                }
            }
        }
        return writer.text
    }
}

extension JSONText {
    /// The JSON text of a value.
    init(writing value: some JSONWritable) {
        var writer = JSONWriter()
        writer.element(value)
        self = writer.text
    }
}
