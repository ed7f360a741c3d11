package import LonghaulCore
import LonghaulJSON

/// Steps of executions.
extension StoreTransaction {
    /// The row of an execution.
    ///
    /// - Throws: `not_found`.
    func knownExecution(_ id: JobID) throws -> JobRow {
        guard let row = try row(id), row.isExecution else {
            throw LonghaulError(.notFound, "there is no execution \(id)")
        }
        return row
    }

    /// Stores a step of the execution that a token holds; see `ExecutionStore.advance(_:_:)`.
    package func advance(_ token: LeaseToken, _ advance: ExecutionAdvance) throws -> AdvanceOutcome {
        let row = try held(by: token)
        guard row.isExecution else {
            throw LonghaulError(.conflict, "the job \(token.jobID) is not an execution")
        }
        guard advance.mayThrowLate else { return try store(advance, of: row) }
        return try savepoint { try store(advance, of: row) }
    }

    private func store(_ advance: ExecutionAdvance, of row: JobRow) throws -> AdvanceOutcome {
        // The children come first: they may be refused.
        var row = try storeChildren(of: advance, for: row)
        try storeLog(of: advance, row)
        try storeRecords(of: advance, for: row.job.id)
        var hasChanged = try removeReports(advance.handledReports, of: &row)
        if row.job.attempt > 1 {
            row.forgetFailures()
            hasChanged = true
        }
        switch advance.end {
        case .wait(let until, let waits) where row.reports.count == 0 && until.map { $0 > now } ?? true:
            row.wakeAt = until
            row.job.waitsFor = Array(waits.prefix(OperationWait.maxShown))
            try release(&row, to: .suspended)
        case .proceed, .wait:
            if hasChanged { try update(row) }
            return .held
        case .complete(let result):
            row.job.result = result
            try end(&row, as: .completed)
        case .fail(let error): try end(&row, as: .failed, fault: error)
        case .cancel(let error): try end(&row, as: .cancelled, fault: error)
        }
        return .released(try job(row))
    }

    /// Adds the lines of a step to the log of the job, unless the step is stored again.
    private func storeLog(of advance: ExecutionAdvance, _ row: JobRow) throws {
        guard !advance.logLines.isEmpty else { return }
        let last = ExecutionAdvance.eventName(advance.firstEvent + max(0, advance.events.count - 1))
        guard try record(RecordKey(.event, of: row.job.id, last)) == nil else { return }
        try appendLog(advance.logLines, of: row)
    }

    private func storeRecords(of advance: ExecutionAdvance, for id: JobID) throws {
        if advance.removesOtherParts { _ = try removeRecords(of: id, in: [.part], weight: .max) }
        for (name, part) in advance.parts.sorted(by: { $0.key < $1.key }) {
            try set(part, at: RecordKey(.part, of: id, name))
        }
        for (offset, event) in advance.events.enumerated() {
            let name = ExecutionAdvance.eventName(advance.firstEvent + offset)
            try upsert(event, at: RecordKey(.event, of: id, name))
        }
        for (name, task) in advance.tasks.sorted(by: { $0.key < $1.key }) {
            try set(task, at: RecordKey(.task, of: id, name))
        }
        for (key, value) in advance.links.sorted(by: { $0.key.name < $1.key.name }) {
            try upsert(value, at: key, linkedTo: id)
        }
    }

    private func set(_ value: JSONText?, at key: RecordKey) throws {
        if let value { try upsert(value, at: key) } else { try removeRecord(key) }
    }

    /// Removes reports that were handled. Returns whether there were any.
    private func removeReports(_ names: [String], of row: inout JobRow) throws -> Bool {
        let before = row.reports.count
        for name in names {
            let key = RecordKey(.report, of: row.job.id, name)
            guard let report = try record(key) else { continue }
            try removeRecord(key)
            row.reports.count -= 1
            row.reports.bytes -= Int64(report.value.bytes.count)
        }
        return row.reports.count < before
    }

    /// Ends an execution. Removes its unhandled reports and its open tasks.
    private func end(_ row: inout JobRow, as state: JobState, fault: JobError? = nil) throws {
        _ = try removeRecords(of: row.job.id, in: [.report, .task], weight: .max)
        row.reports.count = 0
        row.reports.bytes = 0
        try move(&row, to: state, fault: fault)
        try updateDependents(of: row)
    }

    // MARK: Children

    /// Cancels children and submits new ones.
    ///
    /// - Returns: the row of the execution afterwards.
    private func storeChildren(of advance: ExecutionAdvance, for row: JobRow) throws -> JobRow {
        guard !advance.children.isEmpty || !advance.cancelledChildren.isEmpty else { return row }
        for id in advance.cancelledChildren { try cancelChild(id, of: row.job.id) }
        var scope = SubmissionScope(isBounded: false)
        scope.parent = row
        var hasEnded = !advance.cancelledChildren.isEmpty
        for child in advance.children where try submit(child, of: row.job.id, &scope) { hasEnded = true }
        // The ends of children are reports.
        return try (hasEnded ? self.row(row.job.id) : scope.parent) ?? row
    }

    /// Submits a child, unless the execution has it already.
    ///
    /// - Returns: whether it has ended at once.
    private func submit(
        _ child: Submission, of id: JobID, _ scope: inout SubmissionScope
    ) throws -> Bool {
        var child = child
        child.parentID = id
        switch try submit(child, &scope) {
        case .created(let job):
            guard job.state.isFinal, let row = try row(job.id) else { return false }
            try endParentOperation(of: row, fault: try self.job(row).error)
            return true
        case .existing(let other):
            if other.id == child.id { return false }
            throw LonghaulError(
                .conflict, "the key of the child job was used before, for the job \(other.id)")
        case .refused(let error):
            // The step was stored before.
            if try row(child.id)?.job.parentID == id { return false }
            throw error
        }
    }

    private func cancelChild(_ child: JobID, of id: JobID) throws {
        guard let row = try row(child), row.job.parentID == id, !row.job.state.isFinal else { return }
        if row.isExecution {
            _ = try stop(row, error: nil, cause: nil)
        } else {
            try cancelChild(child, notifiesParent: false)
        }
    }
}

/// Executions have no journal.
extension StoreTransaction {
    /// The row of a job that is not an execution.
    func knownWithJournal(_ id: JobID) throws -> JobRow {
        let row = try known(id)
        try expectJournal(of: row)
        return row
    }

    /// The row of the job that a token holds, which is not an execution.
    func heldWithJournal(by token: LeaseToken) throws -> JobRow {
        let row = try held(by: token)
        try expectJournal(of: row)
        return row
    }

    private func expectJournal(of row: JobRow) throws {
        guard row.isExecution else { return }
        throw LonghaulError(
            .conflict,
            "the job \(row.job.id) is an execution of a state machine: it has no journal, and cannot be paused"
        )
    }
}

extension ExecutionAdvance {
    /// Whether it may throw after its first write. The submission of a child throws before it writes.
    fileprivate var mayThrowLate: Bool { children.count > 1 || !cancelledChildren.isEmpty }
}
