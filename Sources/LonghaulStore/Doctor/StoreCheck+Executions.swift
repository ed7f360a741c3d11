package import LonghaulCore

/// An execution, as a check finds it.
package struct InspectedExecution {
    /// The row of its job, with the recorded sums.
    package let row: JobRow
    /// The number of its reports.
    package let count: Int
    /// The size of its reports, in bytes.
    package let bytes: Int64
    /// The name of its last report; nil without reports.
    package let lastReport: String?
    /// When maintenance wakes the job; nil if it does not.
    package let wakeAt: Timestamp?

    package init(row: JobRow, count: Int, bytes: Int64, lastReport: String?, wakeAt: Timestamp?) {
        self.row = row
        self.count = count
        self.bytes = bytes
        self.lastReport = lastReport
        self.wakeAt = wakeAt
    }

    /// The number of its last report; 0 without reports.
    fileprivate var lastNumber: Int64 { lastReport.flatMap(Int64.init) ?? 0 }

    /// The time, in seconds, after which a wait that is over is an inconsistency. Maintenance ends it earlier.
    private static let graceSeconds = 60.0

    /// What is wrong, in one sentence; nil if nothing is.
    fileprivate func problem(at now: Timestamp) -> String? {
        let id = row.job.id
        let sums = row.reports
        guard sums.count == count, sums.bytes == bytes, sums.last >= lastNumber else {
            return
                "execution \(id) records \(sums.count) reports of \(sums.bytes) bytes up to number \(sums.last), "
                + "but has \(count) of \(bytes) bytes up to number \(lastNumber)"
        }
        guard row.job.state == .suspended else { return nil }
        if count > 0 { return "execution \(id) is suspended, but has \(count) reports" }
        let isLate = wakeAt.map { $0 <= now.adding(seconds: -Self.graceSeconds) } ?? false
        guard wakeAt == row.wakeAt, !isLate else {
            return "execution \(id) is woken at the wrong time"
        }
        return nil
    }
}

/// The queries of the check of executions.
package protocol ExecutionInspector: SendableMetatype {
    /// Passes each execution to `body`. The change of one can change the next ones.
    func eachExecution(_ body: (InspectedExecution) throws -> Void) throws
    /// The jobs that records belong to.
    func recordOwners() throws -> [JobID]
    func row(_ id: JobID) throws -> JobRow?
    func record(_ key: RecordKey) throws -> KeyedRecord?
    func records(_ range: RecordRange) throws -> [KeyedRecord]
}

extension ExecutionInspector {
    /// The first record of no job that is linked to an execution under its name, and does not exist.
    fileprivate func missingName(of id: JobID) throws -> String? {
        var range = RecordRange(.link, of: id, limit: .max)
        range.prefix = RecordKey(.execution, "").linkName
        return try records(range).lazy.compactMap { RecordKey(linkName: $0.key.name) }
            .first { try record($0) == nil }?.name
    }

    fileprivate func strangers() throws -> [JobID] {
        try recordOwners().filter { id in try row(id).map { !$0.isExecution } ?? true }
    }
}

extension StoreCheck where Reader: ExecutionInspector, Transaction: StoreTransaction & ExecutionInspector {
    package static var executions: StoreCheck {
        StoreCheck(
            name: "executions",
            look: { reader, now in
                var symptom = Symptom()
                try reader.eachExecution { found in
                    if let problem = found.problem(at: now) { symptom.add(problem) }
                    let id = found.row.job.id
                    if let name = try reader.missingName(of: id) {
                        symptom.add("execution \(id) has no record of its name \"\(name)\"")
                    }
                }
                for id in try reader.strangers() {
                    symptom.add("records belong to execution \(id), which does not exist")
                }
                return symptom
            },
            repair: { transaction in
                let now = transaction.now
                try transaction.eachExecution { found in
                    if found.problem(at: now) != nil { try transaction.repair(found) }
                }
                for id in try transaction.strangers() {
                    var weight = Int.max
                    _ = try transaction.emptyRecords(of: id, &weight)
                }
            })
    }
}

extension StoreTransaction where Self: ExecutionInspector {
    /// Corrects the sums of an execution. One that is suspended becomes pending: its runner finds what it waits for.
    fileprivate func repair(_ found: InspectedExecution) throws {
        var row = found.row
        row.reports.count = found.count
        row.reports.bytes = found.bytes
        row.reports.last = max(row.reports.last, found.lastNumber)
        try update(row)
        try wakeExecution(&row)
    }
}
