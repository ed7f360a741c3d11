package import LonghaulCore
package import LonghaulJSON

/// Changes of whole journals: pause, resume, restart, fork, and continue as new.
extension StoreTransaction {
    /// Pauses a job because its code asks for another operation than the recorded one.
    func pause(_ row: inout JobRow, because difference: JournalDifference) throws {
        row.job.isPaused = true
        try release(&row, to: .suspended, fault: difference.error)
    }

    /// Pauses a job; see `JobStore.pause(_:)`.
    package func pause(_ id: JobID) throws -> Job {
        var row = try known(id)
        guard !row.job.state.isFinal else {
            throw LonghaulError(.conflict, "the job \(id) has ended: it is \(row.job.state.rawValue)")
        }
        guard !row.job.isPaused else { return try family(of: row) }
        row.job.isPaused = true
        if row.job.state == .pending {
            try move(&row, to: .suspended)
        } else {
            try update(row)
        }
        return try family(of: row)
    }

    /// Ends the pause of a job; see `JobStore.resume(_:)`.
    package func resume(_ id: JobID) throws -> Job {
        var row = try known(id)
        guard row.job.isPaused else { return try family(of: row) }
        row.job.isPaused = false
        if row.job.state == .suspended {
            if try endDueWaits(of: &row) { row.job.waitsFor = [] }
            if row.job.waitsFor.isEmpty {
                row.job.runAt = now
                try move(&row, to: .pending)
                return try family(of: row)
            }
        }
        try update(row)
        return try family(of: row)
    }

    /// Removes operations and begins a job again; see `JobStore.restart(_:from:)`.
    package func restart(_ id: JobID, from operation: String) throws -> Job {
        var row = try known(id)
        guard row.job.state != .processing else {
            throw LonghaulError(
                .conflict, "a worker holds the job \(id): cancel it or wait until it is suspended")
        }
        let first = try known(operation, of: row)
        try removeOperations(of: &row, from: first.number)
        switch row.job.state {
        case .suspended, .completed, .failed, .cancelled:
            row.job.result = nil
            return try family(of: restart(row))
        case .pending, .scheduled, .blocked, .retrying, .processing:
            try update(row)
            return try family(of: row)
        }
    }

    /// Submits a copy of a job; see `JobStore.fork(_:from:as:caller:)`.
    package func fork(_ id: JobID, from operation: String, as newID: JobID, caller: String) throws -> Job {
        let source = try known(id)
        let first = try known(operation, of: source)
        var spec = try job(source).spec
        if let expiresAt = spec.expiresAt, expiresAt <= now { spec.expiresAt = nil }
        var scope = SubmissionScope()
        let outcome = try submit(Submission(id: newID, spec: spec, caller: caller), &scope)
        if case .refused(let error) = outcome { throw error }
        guard var copy = try row(newID) else { throw LonghaulError.noJob(newID) }
        var number: Int64 = 0
        for var operation in try operations(of: source, after: 0, limit: Int(first.number) - 1)
        where operation.status.isFinal {
            number += 1
            operation.number = number
            operation.secret = 0
            try insert(operation, of: copy)
            copy.job.operationCount += 1
            copy.journalBytes += operation.weight
            if operation.isCompensation { copy.hasCompensations = true }
        }
        try update(copy)
        return try family(of: copy)
    }

    private func known(_ operation: String, of row: JobRow) throws -> JournalOperation {
        guard let found = try self.operation(of: row, id: operation) else {
            throw LonghaulError(
                .notFound,
                "the journal of the job \(row.job.id) has no operation \"\(operation.prefix(100))\"")
        }
        return found
    }

    /// Removes the operations from a number on, cancels their child jobs and keeps their signals again. The caller stores the
    /// row.
    private func removeOperations(of row: inout JobRow, from number: Int64) throws {
        let kept = number > 1 ? try operations(of: row, after: 0, limit: Int(number) - 1) : []
        let children = try waitingOperations(of: row).filter { $0.number >= number }.compactMap(\.jobID)
        try keepSignals(of: row, consumedFrom: number)
        try removeOperations(of: row, from: number)
        row.job.operationCount = kept.count
        row.journalBytes = kept.reduce(0) { $0 + $1.weight }
        row.hasCompensations = kept.contains(where: \.isCompensation)
        row.wakeAt = kept.filter { $0.status == .waiting }.compactMap(\.until).min()
        guard !children.isEmpty else { return }
        try updateJournal(of: row)
        for child in children { try cancelChild(child) }
        // The end of a child can end other jobs, and they the operations that are left.
        row = try self.row(row.job.id) ?? row
    }

    /// Begins the job that a token holds again; see `JobStore.continueAsNew(_:payload:)`.
    package func continueAsNew(_ token: LeaseToken, payload: JSONText) throws -> Job {
        var row = try held(by: token)
        // Before the operations: the signals of removed operations are kept again.
        try removeConsumedSignals(of: row)
        try removeOperations(of: &row, from: 1)
        try replacePayload(of: &row, by: payload)
        let (isPaused, isCancelling) = (row.job.isPaused, row.job.isCancelling)
        resetAttempts(of: &row)
        (row.job.isPaused, row.job.isCancelling) = (isPaused, isCancelling)
        try move(&row, to: .pending)
        return try job(row)
    }
}

extension JournalOperation {
    /// The beginning of the identifiers of markers that register a compensation: a cancellation then lets the job run them.
    package static let compensationPrefix = "compensation/"

    /// Whether it registers a compensation.
    var isCompensation: Bool { type == .marker && id.hasPrefix(Self.compensationPrefix) }
}
