package import LonghaulCore

/// The journal of a job, as a check finds it.
package struct InspectedJournal {
    /// The row of the job, with the recorded sums.
    package let row: JobRow
    /// The number of its operations.
    package let count: Int
    /// The number of its last operation; 0 without operations.
    package let lastNumber: Int64
    /// The size of its operations, in bytes.
    package let bytes: Int64
    /// When maintenance wakes the job; nil if it does not.
    package let wakeAt: Timestamp?

    package init(row: JobRow, count: Int, lastNumber: Int64, bytes: Int64, wakeAt: Timestamp?) {
        self.row = row
        self.count = count
        self.lastNumber = lastNumber
        self.bytes = bytes
        self.wakeAt = wakeAt
    }

    /// Whether the sums in the row are those of the operations, and no operation is missing.
    fileprivate var hasCorrectSums: Bool {
        row.job.operationCount == count && Int64(count) == lastNumber && row.journalBytes == bytes
    }

    /// The time, in seconds, after which a wait that is over is an inconsistency. Maintenance ends it earlier.
    private static let graceSeconds = 60.0

    /// Whether the job is woken when the first of its waits ends by time.
    fileprivate func isWoken(for waits: [JournalOperation], at now: Timestamp) -> Bool {
        if let first = waits.compactMap(\.until).min() {
            guard let recorded = row.wakeAt, recorded <= first else { return false }
        }
        guard row.job.state == .suspended else { return true }
        return wakeAt == row.wakeAt && wakeAt.map { $0 > now.adding(seconds: -Self.graceSeconds) } ?? true
    }

    /// Whether the job is suspended although an operation that it waits for has ended.
    fileprivate func isStuck(_ waits: [JournalOperation]) -> Bool {
        guard row.job.state == .suspended, !row.job.isPaused else { return false }
        let ids = Set(waits.map(\.id))
        return row.job.waitsFor.isEmpty || !row.job.waitsFor.allSatisfy { ids.contains($0.id) }
    }
}

/// The queries of the check of journals.
package protocol JournalInspector: SendableMetatype {
    /// Passes each suspended job, and each job with operations or with a record of a journal, to `body`. The change of one
    /// job can change the next ones.
    func eachJournal(_ body: (InspectedJournal) throws -> Void) throws
    func row(_ id: JobID) throws -> JobRow?
    /// The operations of a job that wait, in their order.
    func waitingOperations(of row: JobRow) throws -> [JournalOperation]
    /// The oldest signal of a job with this name that no operation has consumed; nil if there is none.
    func keptSignal(of row: JobRow, name: String) throws -> StoredSignal?
}

extension JournalInspector {
    /// What is wrong with a journal, in one sentence; nil if nothing is.
    fileprivate func problem(of journal: InspectedJournal, at now: Timestamp) throws -> String? {
        let row = journal.row
        // The check of executions covers its waits.
        if row.isExecution, journal.count == 0 { return nil }
        guard journal.hasCorrectSums else {
            return
                "job \(row.job.id) records \(row.job.operationCount) operations of \(row.journalBytes) bytes, "
                + "but has \(journal.count) of \(journal.bytes) bytes, up to number \(journal.lastNumber)"
        }
        guard !row.job.state.isFinal else { return nil }
        let waits = try waitingOperations(of: row)
        for operation in waits {
            if let problem = try problem(of: operation, in: row) {
                return "operation \"\(operation.id)\" of job \(row.job.id) \(problem)"
            }
        }
        if journal.isStuck(waits) {
            return "job \(row.job.id) is suspended, but an operation that it waits for has ended"
        }
        guard journal.isWoken(for: waits, at: now) else {
            let moment = journal.wakeAt.map { "only at \($0)" } ?? "never"
            return "job \(row.job.id) has a wait that ends by time, but is woken \(moment)"
        }
        return nil
    }

    /// Why a waiting operation does not end as it should; nil if it does.
    private func problem(of operation: JournalOperation, in row: JobRow) throws -> String? {
        switch operation.type {
        case .signal where try keptSignal(of: row, name: operation.name) != nil:
            return "waits for a signal that has arrived"
        case .job:
            guard let id = operation.jobID else { return "waits for a job, but has none" }
            guard let child = try self.row(id) else { return "waits for job \(id), which does not exist" }
            guard !child.job.state.isFinal else { return "waits for job \(id), which has ended" }
            return child.ends(operation, of: row) ? nil : "waits for job \(id), whose end would not end it"
        default: return nil
        }
    }
}

extension JobRow {
    /// Whether an operation ends with this child.
    fileprivate func ends(_ operation: JournalOperation, of parent: JobRow) -> Bool {
        parentOperation == operation.id && job.parentID == parent.job.id
    }
}

extension StoreCheck where Reader: JournalInspector, Transaction: StoreTransaction & JournalInspector {
    package static var journals: StoreCheck {
        StoreCheck(
            name: "journals",
            look: { reader, now in
                var symptom = Symptom()
                try reader.eachJournal { journal in
                    if let problem = try reader.problem(of: journal, at: now) { symptom.add(problem) }
                }
                return symptom
            },
            repair: { transaction in
                let now = transaction.now
                try transaction.eachJournal { journal in
                    if try transaction.problem(of: journal, at: now) != nil {
                        try transaction.repair(journal)
                    }
                }
            })
    }
}

extension StoreTransaction where Self: JournalInspector {
    /// Corrects a journal: its sums, the ends of its waits, and the time at which the job is woken. A missing operation cannot
    /// be repaired.
    fileprivate func repair(_ journal: InspectedJournal) throws {
        var row = journal.row
        row.job.operationCount = Int(journal.lastNumber)
        row.journalBytes = journal.bytes
        guard !row.job.state.isFinal else { return try update(row) }
        var edit = JournalEdit(row)
        let before = try waitingOperations(in: &edit)
        for operation in before { try repair(operation, in: &edit) }
        let waits = try waitingOperations(in: &edit)
        edit.setWakeUp(waits.compactMap(\.until).min())
        let hasEnded = try endDueWaits(in: &edit)
        try write(&edit)
        // The row may be stored under another time than the one that it records.
        try update(edit.row)
        if hasEnded || waits.count < before.count || journal.isStuck(waits) {
            try store(edit, hasEnded: true)
        }
    }

    private func repair(_ operation: JournalOperation, in edit: inout JournalEdit) throws {
        switch operation.type {
        case .signal:
            guard let signal = try keptSignal(of: edit.row, name: operation.name) else { return }
            try consume(signal, by: operation.number, of: edit.row)
            edit.end(operation, .succeeded, output: signal.signal.value, at: now)
        case .job:
            guard let id = operation.jobID, var child = try row(id), child.job.parentID == edit.row.job.id
            else { return edit.end(operation, .failed, error: .childLost, at: now) }
            if child.job.state.isFinal {
                end(operation, in: &edit, with: child, fault: try job(child).error)
            } else if !child.ends(operation, of: edit.row) {
                child.parentOperation = operation.id
                try update(child)
            }
        case .step, .timer, .group, .marker: break
        }
    }
}

extension JobError {
    /// The error of an operation whose child job does not exist.
    static var childLost: JobError {
        JobError(type: "job_lost", message: "the child job does not exist", retryable: false)
    }
}
