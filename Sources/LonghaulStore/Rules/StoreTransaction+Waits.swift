package import LonghaulCore
import LonghaulJSON

/// Waits of durable jobs and their ends.
extension StoreTransaction {
    /// Suspends the job that a token holds; see `JobStore.suspend(_:on:)`.
    package func suspend(_ token: LeaseToken, on ids: [String]) throws -> SuspendOutcome {
        var edit = JournalEdit(try heldWithJournal(by: token))
        guard !ids.isEmpty else {
            throw LonghaulError.invalid(
                JSONPointer.root.appending("on"), "at least one operation that waits is required")
        }
        try endDueWaits(in: &edit)
        var ready: [String] = []
        var waits: [OperationWait] = []
        for (index, id) in ids.enumerated() {
            let place = JSONPointer.root.appending("on").appending(index)
            guard let operation = try operation(id, in: &edit) else {
                throw LonghaulError.invalid(place, "the journal has no operation \"\(id)\"")
            }
            guard operation.canWait else {
                throw LonghaulError.invalid(
                    place, "the operation \"\(id)\" is a \(operation.type.rawValue) that never waited")
            }
            if operation.status != .waiting {
                ready.append(id)
            } else if waits.count < OperationWait.maxShown {
                waits.append(OperationWait(operation))
            }
        }
        try write(&edit)
        guard ready.isEmpty else {
            if edit.hasChanged { try updateJournal(of: edit.row) }
            return .ready(ready)
        }
        var row = edit.row
        row.job.waitsFor = waits
        if row.hasProgress { row.forgetFailures() }
        try release(&row, to: .suspended)
        return .suspended(try job(row))
    }

    /// Ends the timers that are due, the waits for signals that have taken too long, and the pauses between two attempts of a
    /// step. Sets when the next one is due.
    ///
    /// - Returns: whether an operation has ended, or a step is due.
    @discardableResult
    func endDueWaits(in edit: inout JournalEdit) throws -> Bool {
        guard let wakeAt = edit.row.wakeAt, wakeAt <= now else { return false }
        var hasEnded = false
        for var operation in try waitingOperations(in: &edit) {
            guard let until = operation.until, until <= now else { continue }
            hasEnded = true
            switch operation.type {
            case .timer: edit.resolve(operation, .succeeded, output: .null, at: now)
            case .step:
                operation.status = .started
                edit.update(operation)
            default: edit.resolve(operation, .failed, error: .signalTimeout(operation.name), at: now)
            }
        }
        edit.setWakeUp(try waitingOperations(in: &edit).compactMap(\.until).min())
        return hasEnded
    }

    /// Ends the waits of a job that are due. The caller stores the row.
    @discardableResult
    func endDueWaits(of row: inout JobRow) throws -> Bool {
        var edit = JournalEdit(row)
        let hasEnded = try endDueWaits(in: &edit)
        try write(&edit)
        row = edit.row
        return hasEnded
    }

    /// Wakes a suspended job whose earliest wait may be over.
    func wake(_ row: JobRow) throws {
        guard row.fork == nil else {
            var copy = row
            return try copyNext(to: &copy)
        }
        if row.isExecution {
            var copy = row
            return try wakeExecution(&copy)
        }
        var edit = JournalEdit(row)
        let hasEnded = try endDueWaits(in: &edit)
        try store(edit, hasEnded: hasEnded)
    }

    /// Stores a changed journal with the row of its job. Makes the job pending if it is suspended and an operation has ended.
    func store(_ edit: JournalEdit, hasEnded: Bool) throws {
        var edit = edit
        try write(&edit)
        var row = edit.row
        guard hasEnded, row.job.state == .suspended, !row.job.isPaused else {
            guard hasEnded || edit.hasChanged else { return }
            // A paused job without waits becomes pending when it is resumed.
            if hasEnded { row.job.waitsFor = [] }
            return row.showNextWait() ? try update(row) : try updateJournal(of: row)
        }
        row.job.runAt = now
        try move(&row, to: .pending)
    }

    /// Ends the operation that waits for a job, or reports the end of the job to the execution that waits for it.
    func endParentOperation(of child: JobRow, fault: JobError?) throws {
        guard let parentID = child.job.parentID, let id = child.parentOperation,
            let parent = try row(parentID)
        else { return }
        if parent.isExecution { return try report(endOf: child, fault, as: id, to: parent) }
        var edit = JournalEdit(parent)
        guard let operation = try operation(id, in: &edit), operation.jobID == child.job.id,
            !operation.status.isFinal
        else { return }
        end(operation, in: &edit, with: child, fault: fault)
        try store(edit, hasEnded: true)
    }

    /// Ends an operation with the outcome of its child job.
    func end(
        _ operation: JournalOperation, in edit: inout JournalEdit, with child: JobRow, fault: JobError?
    ) {
        let maximum = limits.journal.outputBytes
        switch child.job.state {
        case .completed where (child.job.result?.bytes.count ?? 0) > maximum:
            let error = JobError(
                type: "output_too_large",
                message: "the result of the job \(child.job.id) exceeds \(maximum) bytes", retryable: false)
            edit.resolve(operation, .failed, error: error, at: now)
        case .completed:
            edit.resolve(operation, .succeeded, output: child.job.result ?? .null, at: now)
        default:
            edit.resolve(operation, .failed, error: fault ?? .childCancelled(child.job.id), at: now)
        }
    }
}

extension JournalOperation {
    /// Whether it waits, or has waited.
    fileprivate var canWait: Bool {
        switch type {
        case .timer, .signal, .job: true
        case .step: status == .waiting || attempt > 1
        case .group, .marker: false
        }
    }
}

extension JobRow {
    /// Sets the time at which a suspended job is due, as callers see it. Returns whether it has changed.
    @discardableResult
    mutating func showNextWait() -> Bool {
        guard job.state == .suspended, let wakeAt, job.runAt != wakeAt else { return false }
        job.runAt = wakeAt
        return true
    }

    /// Records that its worker has added or ended an operation.
    mutating func recordProgress() {
        if job.attempt > 1 { progressFence = fence }
    }

    /// Whether its worker has added or ended an operation, and an attempt had failed before.
    fileprivate var hasProgress: Bool { progressFence > 0 && progressFence == fence }

    /// Counts the attempts of a leased job again: this one is the first.
    mutating func forgetFailures() {
        job.attempt = 1
        fenceBase = fence
        faultVersion = 0
        progressFence = 0
    }
}

extension OperationWait {
    fileprivate init(_ operation: JournalOperation) {
        self.init(
            id: operation.id, type: operation.type, name: operation.name, until: operation.until,
            jobID: operation.jobID)
    }
}

extension JobError {
    fileprivate static func signalTimeout(_ name: String) -> JobError {
        JobError(type: "timeout", message: "the signal \"\(name)\" did not arrive in time", retryable: false)
    }

    fileprivate static func childCancelled(_ id: JobID) -> JobError {
        JobError(type: "cancelled", message: "the job \(id) was cancelled", retryable: false)
    }
}
