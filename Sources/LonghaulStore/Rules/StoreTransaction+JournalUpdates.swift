package import LonghaulCore
import LonghaulJSON

/// Changes of a journal by the worker that holds the job.
extension StoreTransaction {
    /// Changes the journal of the job that a token holds; see `JobStore.updateJournal(_:_:)`.
    ///
    /// The result is a failure, and not an error, if the transaction must be committed although the call fails.
    package func updateJournal(
        _ token: LeaseToken, _ updates: [StoreOperationUpdate]
    ) throws -> Result<[JournalOperation], LonghaulError> {
        var edit = JournalEdit(try heldWithJournal(by: token))
        if let difference = try difference(of: updates, in: &edit) {
            try pause(&edit.row, because: difference)
            return .failure(LonghaulError(.nondeterministic, difference.message))
        }
        try endDueWaits(in: &edit)
        // The other updates write nothing before the last of them is applied.
        guard updates.contains(where: \.update.writesAtOnce) else {
            return .success(try apply(updates, to: edit))
        }
        return .success(try savepoint { try apply(updates, to: edit) })
    }

    /// The first difference between the updates and the operations that are recorded, or that earlier updates start.
    private func difference(
        of updates: [StoreOperationUpdate], in edit: inout JournalEdit
    ) throws -> JournalDifference? {
        var known: [String: (type: OperationType, name: String)] = [:]
        for update in updates.map(\.update) {
            if known[update.id] == nil, let operation = try operation(update.id, in: &edit) {
                known[update.id] = (operation.type, operation.name)
            }
            let (type, name) = known[update.id, default: (update.type, update.name)]
            known[update.id] = (type, name)
            guard type == update.type, name == update.name else {
                return JournalDifference(type: type, name: name, requested: update)
            }
        }
        return nil
    }

    private func apply(
        _ updates: [StoreOperationUpdate], to edit: JournalEdit
    ) throws -> [JournalOperation] {
        var edit = edit
        for (index, entry) in updates.enumerated() {
            let place = JSONPointer.root.appending("updates").appending(index)
            let bytes = edit.row.journalBytes
            if let operation = try operation(entry.update.id, in: &edit) {
                try apply(entry.update, to: operation, in: &edit, at: place)
            } else {
                try start(entry, in: &edit, at: place)
            }
            if edit.row.journalBytes > bytes { try checkRoom(for: entry.update.id, in: edit.row) }
        }
        try write(&edit)
        if edit.hasChanged { try updateJournal(of: edit.row) }
        // A later update may have changed the operation of an earlier one.
        return try updates.map { entry in
            guard let operation = try operation(entry.update.id, in: &edit) else {
                throw LonghaulError(.internal, "the operation \(entry.update.id) is not in the journal")
            }
            return operation
        }
    }

    /// Changes a recorded operation.
    private func apply(
        _ update: OperationUpdate, to operation: JournalOperation, in edit: inout JournalEdit,
        at place: JSONPointer
    ) throws {
        guard update.action != .start, !operation.status.isFinal else { return }
        switch (update.type, update.action) {
        case (.step, .succeed), (.group, .succeed):
            try checkOutput(update.output, at: place)
            edit.end(operation, .succeeded, output: update.output ?? .null, at: now)
        case (.step, .fail), (.group, .fail):
            edit.end(operation, .failed, error: update.error, at: now)
        case (.step, .retry):
            // A worker that did not get the answer repeats the call, which must not count an attempt twice.
            guard operation.status == .started,
                update.options.attempt ?? operation.attempt == operation.attempt
            else { return }
            var operation = operation
            operation.status = .waiting
            operation.attempt += 1
            operation.error = update.error
            operation.until = now.adding(seconds: update.options.delaySeconds ?? 0)
            return edit.update(operation)
        case (.timer, .cancel), (.signal, .cancel):
            edit.end(operation, .cancelled, at: now)
        case (.job, .cancel):
            edit.end(operation, .cancelled, at: now)
            if let child = operation.jobID { try changeOtherJobs(in: &edit) { try cancelChild(child) } }
        default:
            throw LonghaulError.invalid(
                place.appending("action"),
                "an operation of type \(update.type.rawValue) has no action \(update.action.rawValue)")
        }
        edit.recordProgress()
    }

    /// Adds a new operation.
    private func start(
        _ entry: StoreOperationUpdate, in edit: inout JournalEdit, at place: JSONPointer
    ) throws {
        let update = entry.update
        guard update.action == .start else {
            throw LonghaulError.invalid(
                place.appending("id"), "the journal has no operation \"\(update.id)\": start it first")
        }
        if let parent = update.parentID, try operation(parent, in: &edit) == nil {
            throw LonghaulError.invalid(
                place.appending("parent_id"), "the journal has no operation \"\(parent)\"")
        }
        var operation = JournalOperation(
            id: update.id, type: update.type, name: update.name, status: .started, startedAt: now,
            number: Int64(edit.row.job.operationCount + 1))
        edit.recordProgress()
        operation.parentID = update.parentID
        operation.input = update.input
        switch update.type {
        case .step, .group: break
        case .marker:
            try checkOutput(update.output, at: place)
            operation.end(.succeeded, output: update.output ?? .null, at: now)
            if operation.isCompensation { edit.row.hasCompensations = true }
        case .timer:
            let until = update.options.until ?? now.adding(seconds: update.options.seconds ?? 0)
            operation.until = until
            operation.status = .waiting
            if until <= now { operation.end(.succeeded, output: .null, at: now) }
        case .signal:
            operation.until = update.options.timeoutSeconds.map { now.adding(seconds: $0) }
            operation.secret = random.next()
            operation.status = .waiting
            if let signal = try keptSignal(of: edit.row, name: update.name) {
                try consume(signal, by: operation.number, of: edit.row)
                operation.end(.succeeded, output: signal.signal.value, at: now)
            }
        case .job: return try startJob(entry, operation, in: &edit, at: place)
        }
        edit.insert(operation)
    }

    /// Adds an operation of type `job`, and stores its child job.
    private func startJob(
        _ entry: StoreOperationUpdate, _ operation: JournalOperation, in edit: inout JournalEdit,
        at place: JSONPointer
    ) throws {
        guard var submission = entry.submission else {
            throw LonghaulError(.internal, "the operation \(operation.id) has no submission")
        }
        var operation = operation
        operation.jobID = submission.id
        operation.status = .waiting
        edit.insert(operation)
        try checkRoom(for: operation.id, in: edit.row)
        submission.parentID = edit.row.job.id
        submission.parentOperation = operation.id
        try changeOtherJobs(in: &edit) {
            var scope = SubmissionScope(isBounded: false)
            switch try submit(submission, &scope) {
            case .created: break
            case .refused(let error): throw error.within(place.appending("options").appending("job"))
            case .existing(let other):
                // The end of a job that has another parent, or none, ends no operation of this journal.
                throw LonghaulError(
                    .conflict, "the key of the child job was used before, for the job \(other.id)")
            }
            if let child = try row(submission.id), child.job.state.isFinal {
                try endParentOperation(of: child, fault: try job(child).error)
            }
        }
    }

    /// Runs a body that changes other jobs, whose changes may change the journal.
    private func changeOtherJobs(in edit: inout JournalEdit, _ body: () throws -> Void) throws {
        try write(&edit)
        try updateJournal(of: edit.row)
        try body()
        if let row = try row(edit.row.job.id) { edit = JournalEdit(row) }
    }

    /// Cancels a child job with its descendants.
    func cancelChild(_ id: JobID, notifiesParent: Bool = true) throws {
        guard let child = try row(id), !child.job.state.isFinal else { return }
        _ = try cancel(child, notifiesParent: notifiesParent)
        guard try cancelDescendants(of: id, limit: Self.cancelledDescendants) == Self.cancelledDescendants,
            var row = try row(id)
        else { return }
        row.cancelsDescendants = true
        if row.job.state.isFinal { row.purgeAt = now }
        try update(row)
    }

    /// The maximum number of descendants that are cancelled with a child job, because other calls wait for the transaction.
    /// Maintenance cancels the others.
    private static var cancelledDescendants: Int { 1000 }

    private func checkOutput(_ output: JSONText?, at place: JSONPointer) throws {
        let maximum = limits.journal.outputBytes
        guard let output, output.bytes.count > maximum else { return }
        throw LonghaulError(
            .payloadTooLarge,
            "the output has \(output.bytes.count) bytes; the maximum is \(maximum). Store larger data as an artifact.",
            faults: [
                JSONFault(
                    pointer: place.appending("output"),
                    message: "\(output.bytes.count) bytes; the maximum is \(maximum)")
            ])
    }

    private func checkRoom(for id: String, in row: JobRow) throws {
        let bounds = limits.journal
        let undoes = JournalOperation.undoes(id)
        guard row.job.operationCount <= bounds.operations + (undoes ? bounds.operationsToUndo : 0) else {
            throw LonghaulError(
                .payloadTooLarge,
                "the journal has \(bounds.operations) operations, the maximum (max_job_operations). "
                    + "Continue as new: complete the job with a new input and an empty journal.")
        }
        guard row.journalBytes <= bounds.bytes + (undoes ? bounds.bytesToUndo : 0) else {
            throw LonghaulError(
                .payloadTooLarge,
                "the journal would exceed \(bounds.bytes) bytes (max_job_journal_bytes). "
                    + "Store large data as artifacts, or continue as new.")
        }
    }
}

extension OperationUpdate {
    /// Whether the update writes more than operations of its journal: a child job, or a signal that it consumes.
    fileprivate var writesAtOnce: Bool {
        switch (type, action) {
        case (.job, .start), (.job, .cancel), (.signal, .start): true
        default: false
        }
    }
}

extension LonghaulError {
    /// The error of a value at a place of the document.
    fileprivate func within(_ place: JSONPointer) -> LonghaulError {
        guard code == .invalidRequest, !faults.isEmpty else { return self }
        return .invalid(
            faults.map { JSONFault(pointer: place.appending($0.pointer), message: $0.message) })
    }
}
