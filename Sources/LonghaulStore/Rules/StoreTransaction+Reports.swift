package import LonghaulCore
import LonghaulJSON

/// Reports to executions.
extension StoreTransaction {
    /// Sends a report to an execution; see `ExecutionStore.report(_:to:)`.
    package func report(_ report: ExecutionReport, to id: JobID, by source: AuditSource?) throws {
        let row = try knownExecution(id)
        switch report {
        case .redrive:
            _ = try redrive(row)
            try record(.redriveExecution, of: [id.description], by: source)
        case .stop(let error, let cause):
            try expectUnended(row)
            _ = try stop(row, error: error, cause: cause)
            if !row.job.isCancelling { try record(.stopExecution, of: [id.description], by: source) }
        case .task(_, let value):
            try expectUnended(row)
            try checkRoom(for: value, in: row)
            try send(report, to: row)
        case .childEnded: try send(report, to: row)
        }
    }

    /// Sends a caller's report on a task; see `ExecutionStore.report(_:)`.
    package func report(_ call: TaskCall) throws {
        let row = try knownExecution(call.jobID)
        let key = call.recordKey
        guard key.hasValidName else { throw LonghaulError.noTask }
        guard !row.job.state.isFinal, let task = try record(key) else {
            throw LonghaulError(.conflict, "the task \(call.task) of the execution \(call.jobID) is over")
        }
        guard task.hasSecret(call.secret) else { throw LonghaulError.noTask }
        try checkRoom(for: call.value, in: row)
        if call.isFinal { try removeRecord(key) }
        try send(.task(call.task, call.value), to: row)
    }

    /// Reports the end of a child job to the execution that is its parent.
    func report(endOf child: JobRow, _ fault: JobError?, as task: String, to row: JobRow) throws {
        var end = ChildEnd(
            task: task, jobID: child.job.id, state: child.job.state, endedAt: child.job.finishedAt ?? now)
        end.result = child.job.result
        end.error = fault
        end.worker = child.job.worker?.name
        end.startedAt = child.job.startedAt
        try send(.childEnded(end), to: row)
    }

    /// Asks an execution to stop. It runs on until its runner has stored the end.
    func stop(_ row: JobRow, error: String?, cause: String?) throws -> JobRow {
        guard !row.job.isCancelling else { return row }
        var row = row
        row.job.isCancelling = true
        try add(.stop(error: error, cause: cause), to: &row)
        try wakeExecution(&row)
        return row
    }

    /// Makes an execution pending that has failed or was cancelled. Its runner continues with its parts and its history.
    func redrive(_ row: JobRow) throws -> JobRow {
        guard row.job.state == .failed || row.job.state == .cancelled else {
            throw LonghaulError(
                .conflict,
                "the execution \(row.job.id) is \(row.job.state.rawValue); only one that failed or was cancelled can be redriven"
            )
        }
        // Maintenance may have removed a part of its records.
        guard row.purgeAt.map({ $0 > now }) ?? true else {
            throw LonghaulError(.conflict, "the retention of the execution \(row.job.id) is over")
        }
        var row = row
        try add(.redrive, to: &row)
        row.wakeAt = nil
        return try restart(row)
    }

    /// Makes a suspended execution pending. Stores the row in any other state.
    func wakeExecution(_ row: inout JobRow) throws {
        guard row.job.state == .suspended else { return try updateJournal(of: row) }
        row.wakeAt = nil
        row.job.runAt = now
        try move(&row, to: .pending)
    }

    private func send(_ report: ExecutionReport, to row: JobRow) throws {
        var row = row
        try add(report, to: &row)
        try wakeExecution(&row)
    }

    /// Stores a report. The caller stores the row.
    private func add(_ report: ExecutionReport, to row: inout JobRow) throws {
        row.reports.last += 1
        let name = ExecutionAdvance.eventName(Int(row.reports.last))
        let value = StoredReport(name: name, report: report, receivedAt: now).value
        row.reports.count += 1
        row.reports.bytes += Int64(value.bytes.count)
        try upsert(value, at: RecordKey(.report, of: row.job.id, name))
    }

    private func expectUnended(_ row: JobRow) throws {
        guard row.job.state.isFinal else { return }
        throw LonghaulError(
            .conflict, "the execution \(row.job.id) has ended: it is \(row.job.state.rawValue)")
    }

    /// Throws unless an execution can have one more report of a caller. The ends of children are always stored.
    private func checkRoom(for value: JSONText, in row: JobRow) throws {
        let bounds = limits.journal
        let bytes = value.bytes.count
        guard bytes <= bounds.outputBytes else {
            throw LonghaulError(
                .payloadTooLarge, "the report has \(bytes) bytes; the maximum is \(bounds.outputBytes)")
        }
        let sums = row.reports
        guard sums.count < bounds.keptSignals, sums.bytes + Int64(bytes) <= bounds.keptSignalBytes else {
            throw LonghaulError(
                .conflict,
                "the execution \(row.job.id) has \(sums.count) reports that it has not handled; "
                    + "it accepts more when it has handled some")
        }
    }
}

extension TaskCall {
    /// The key of the task's record.
    package var recordKey: RecordKey { RecordKey(.task, of: jobID, task) }
}

extension KeyedRecord {
    /// Whether the record of a task has this secret.
    fileprivate func hasSecret(_ secret: String) -> Bool {
        guard let document = try? JSONDocument(lenientlyParsing: value.bytes),
            let own = document.root["secret"]?.string
        else { return false }
        return ConstantTime.equal(Array(own.utf8), Array(secret.utf8))
    }
}

extension LonghaulError {
    fileprivate static let noTask = LonghaulError(.notFound, "there is no such task token")
}
