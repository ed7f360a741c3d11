package import LonghaulCore
package import LonghaulJSON

/// Changes of a journal by the worker that holds the job.
extension StoreTransaction {
    /// Changes the journal of the job that a token holds; see `JobStore.updateJournal(_:_:)`.
    ///
    /// The result is a failure, and not an error, if the transaction must be committed although the call fails.
    package func updateJournal(
        _ token: LeaseToken, _ updates: [StoreOperationUpdate]
    ) throws -> Result<[JournalOperation], LonghaulError> {
        var row = try held(by: token)
        do {
            return .success(
                try savepoint {
                    var changed = row
                    try endDueWaits(of: &changed)
                    var ids: [String] = []
                    for (index, update) in updates.enumerated() {
                        let place = JSONPointer.root.appending("updates").appending(index)
                        try apply(update, to: &changed, at: place)
                        ids.append(update.update.id)
                    }
                    try self.update(changed)
                    // An update may have changed the operation of an earlier one.
                    return try ids.map { id in
                        guard let operation = try operation(of: changed, id: id) else {
                            throw LonghaulError(.internal, "the operation \(id) is not in the journal")
                        }
                        return operation
                    }
                })
        } catch let difference as JournalDifference {
            try pause(&row, because: difference)
            return .failure(LonghaulError(.nondeterministic, difference.message))
        }
    }

    /// Applies one update. The caller stores the row.
    private func apply(_ entry: StoreOperationUpdate, to row: inout JobRow, at place: JSONPointer) throws {
        let update = entry.update
        guard var operation = try operation(of: row, id: update.id) else {
            return try start(entry, in: &row, at: place)
        }
        guard operation.type == update.type, operation.name == update.name else {
            throw JournalDifference(recorded: operation, requested: update)
        }
        guard update.action != .start, !operation.status.isFinal else { return }
        let previous = operation.weight
        switch (update.type, update.action) {
        case (.step, .succeed), (.group, .succeed):
            try checkOutput(update.output, at: place)
            end(&operation, .succeeded, output: update.output ?? .null)
        case (.step, .fail), (.group, .fail):
            end(&operation, .failed, error: update.error)
        case (.step, .retry):
            operation.status = .waiting
            operation.attempt += 1
            operation.error = update.error
            operation.until = now.adding(seconds: update.options.delaySeconds ?? 0)
        case (.timer, .cancel), (.signal, .cancel):
            end(&operation, .cancelled)
        case (.job, .cancel):
            end(&operation, .cancelled)
        default:
            throw LonghaulError.invalid(
                place.appending("action"),
                "an operation of type \(update.type.rawValue) has no action \(update.action.rawValue)")
        }
        try self.update(operation, of: row)
        row.journalBytes += operation.weight - previous
        try checkRoom(in: row)
        noteWait(operation, in: &row)
        if update.action == .cancel, let child = operation.jobID { try cancelChild(child) }
    }

    /// Adds a new operation to the journal.
    private func start(_ entry: StoreOperationUpdate, in row: inout JobRow, at place: JSONPointer) throws {
        let update = entry.update
        guard update.action == .start else {
            throw LonghaulError.invalid(
                place.appending("id"), "the journal has no operation \"\(update.id)\": start it first")
        }
        if let parent = update.parentID, try operation(of: row, id: parent) == nil {
            throw LonghaulError.invalid(
                place.appending("parent_id"), "the journal has no operation \"\(parent)\"")
        }
        var operation = JournalOperation(
            id: update.id, type: update.type, name: update.name, status: .started, startedAt: now,
            number: try lastOperationNumber(of: row) + 1)
        operation.parentID = update.parentID
        operation.input = update.input
        row.job.operationCount += 1
        switch update.type {
        case .step, .group: break
        case .marker:
            try checkOutput(update.output, at: place)
            end(&operation, .succeeded, output: update.output ?? .null)
            if update.id.hasPrefix(JournalOperation.compensationPrefix) { row.hasCompensations = true }
        case .timer:
            let until = update.options.until ?? now.adding(seconds: update.options.seconds ?? 0)
            operation.until = until
            operation.status = .waiting
            if until <= now { end(&operation, .succeeded, output: .null) }
        case .signal:
            operation.until = update.options.timeoutSeconds.map { now.adding(seconds: $0) }
            operation.secret = random.next()
            operation.status = .waiting
            if let signal = try keptSignal(of: row, name: update.name) {
                try consume(signal, by: operation.number, of: row)
                end(&operation, .succeeded, output: signal.signal.value)
            }
        case .job:
            guard let submission = entry.submission else {
                throw LonghaulError(.internal, "the operation \(update.id) has no submission")
            }
            operation.jobID = submission.id
            operation.status = .waiting
        }
        try insert(operation, of: row)
        row.journalBytes += operation.weight
        try checkRoom(in: row)
        noteWait(operation, in: &row)
        if let submission = entry.submission { try submitChild(submission, of: &row, operation, at: place) }
    }

    /// Stores the child job of an operation.
    private func submitChild(
        _ submission: Submission, of row: inout JobRow, _ operation: JournalOperation, at place: JSONPointer
    ) throws {
        var submission = submission
        submission.parentID = row.job.id
        submission.parentOperation = operation.id
        // The rules below read the row of the parent.
        try update(row)
        var scope = SubmissionScope(isBounded: false, keepsCreated: true, parents: [row.job.id])
        if case .refused(let error) = try submit(submission, &scope) {
            throw error.within(place.appending("options").appending("job"))
        }
        guard let child = try self.row(submission.id), let parent = try self.row(row.job.id) else { return }
        row = parent
        if !child.isParent, !row.isParent {
            row.isParent = true
            try markParent(row)
        }
        if child.job.state.isFinal { try endParentOperation(of: child, fault: try job(child).error) }
        if let changed = try self.row(row.job.id) { row = changed }
    }

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

    private func checkRoom(in row: JobRow) throws {
        let bounds = limits.journal
        guard row.job.operationCount <= bounds.operations else {
            throw LonghaulError(
                .payloadTooLarge,
                "the journal has \(bounds.operations) operations, the maximum. Continue as new: complete the job with a new input and an empty journal."
            )
        }
        guard row.journalBytes <= bounds.bytes else {
            throw LonghaulError(
                .payloadTooLarge,
                "the journal would exceed \(bounds.bytes) bytes. Store large data as artifacts, or continue as new."
            )
        }
    }

    /// Suspends the job that a token holds; see `JobStore.suspend(_:on:)`.
    package func suspend(_ token: LeaseToken, on ids: [String]) throws -> SuspendOutcome {
        var row = try held(by: token)
        var operations = try ids.enumerated().map { index, id in
            let place = JSONPointer.root.appending("on").appending(index)
            guard let operation = try operation(of: row, id: id) else {
                throw LonghaulError.invalid(place, "the journal has no operation \"\(id)\"")
            }
            guard operation.canWait else {
                throw LonghaulError.invalid(
                    place, "the operation \"\(id)\" is a \(operation.type.rawValue) that never waited")
            }
            return operation
        }
        if try endDueWaits(of: &row) { operations = try ids.compactMap { try operation(of: row, id: $0) } }
        let ready = operations.filter { $0.status != .waiting }.map(\.id)
        guard ready.isEmpty else {
            try update(row)
            return .ready(ready)
        }
        row.job.waitsFor = operations.prefix(OperationWait.maxShown).map(OperationWait.init)
        try release(&row, to: .suspended)
        return .suspended(try job(row))
    }

    /// Begins the job that a token holds again; see `JobStore.continueAsNew(_:payload:)`.
    package func continueAsNew(_ token: LeaseToken, payload: JSONText) throws -> Job {
        var row = try held(by: token)
        // Before the operations: the signals of removed operations are kept again.
        try removeConsumedSignals(of: row)
        try removeOperations(of: &row, from: 1)
        try replacePayload(of: &row, by: payload)
        let isPaused = row.job.isPaused
        resetAttempts(of: &row)
        row.job.isPaused = isPaused
        row.hasCompensations = false
        try move(&row, to: .pending)
        return try job(row)
    }
}

/// Waits and their ends.
extension StoreTransaction {
    /// Ends the timers that are due, the waits for signals that have taken too long, and the pauses between two attempts of a
    /// step. Sets when the next one is due. The caller stores the row.
    ///
    /// - Returns: whether an operation has ended, or a step is due.
    @discardableResult
    func endDueWaits(of row: inout JobRow) throws -> Bool {
        guard let wakeAt = row.wakeAt, wakeAt <= now else { return false }
        row.wakeAt = nil
        var hasEnded = false
        for var operation in try waitingOperations(of: row) {
            guard let until = operation.until else { continue }
            guard until <= now else {
                noteWait(operation, in: &row)
                continue
            }
            let previous = operation.weight
            switch operation.type {
            case .timer: end(&operation, .succeeded, output: .null)
            case .step: operation.status = .started
            default: end(&operation, .failed, error: .signalTimeout(operation.name))
            }
            try update(operation, of: row)
            row.journalBytes += operation.weight - previous
            hasEnded = true
        }
        return hasEnded
    }

    /// Wakes a suspended job whose earliest wait may be over.
    func wake(_ row: inout JobRow) throws {
        if try endDueWaits(of: &row) { return try resolveWait(of: &row) }
        try update(row)
    }

    /// Stores the row of a job with an operation that has ended, and makes the job pending if it is suspended.
    private func resolveWait(of row: inout JobRow) throws {
        guard row.job.state == .suspended, !row.job.isPaused else {
            // A paused job without waits becomes pending when it is resumed.
            row.job.waitsFor = []
            return try update(row)
        }
        row.job.runAt = now
        try move(&row, to: .pending)
    }

    /// Ends the operation that waits for a job.
    func endParentOperation(of child: JobRow, fault: JobError?) throws {
        guard let parentID = child.job.parentID, let id = child.parentOperation,
            var parent = try row(parentID), var operation = try operation(of: parent, id: id),
            operation.jobID == child.job.id, !operation.status.isFinal
        else { return }
        let previous = operation.weight
        let maximum = limits.journal.outputBytes
        switch child.job.state {
        case .completed where (child.job.result?.bytes.count ?? 0) > maximum:
            end(
                &operation, .failed,
                error: JobError(
                    type: "output_too_large",
                    message: "the result of the job \(child.job.id) exceeds \(maximum) bytes", retryable: false))
        case .completed:
            end(&operation, .succeeded, output: child.job.result ?? .null)
        default:
            end(&operation, .failed, error: fault ?? .childCancelled(child.job.id))
        }
        try update(operation, of: parent)
        parent.journalBytes += operation.weight - previous
        try resolveWait(of: &parent)
    }

    /// Sends a signal to a job; see `JobStore.signal(_:_:)`.
    package func signal(_ id: JobID, _ signal: Signal) throws -> Bool {
        var row = try known(id)
        if let key = signal.key, let first = try self.signal(of: row, key: key) {
            guard first.signal.name == signal.name, first.signal.value == signal.value else {
                throw LonghaulError(
                    .idempotencyKeyReused, "the idempotency key was used for another signal to the job \(id)")
            }
            return false
        }
        guard !row.job.state.isFinal else {
            throw LonghaulError(.conflict, "the job \(id) has ended: it is \(row.job.state.rawValue)")
        }
        try checkSize(of: signal.value)
        let waiting = try waitingOperations(of: row).first {
            $0.type == .signal && $0.name == signal.name && !$0.isDue(at: now)
        }
        if waiting == nil { try checkRoom(for: signal, of: row) }
        let hasEnded = try endDueWaits(of: &row)
        var stored = StoredSignal(
            number: try lastSignalNumber(of: row) + 1, signal: signal, receivedAt: now)
        guard let operation = waiting else {
            try insert(stored, of: row)
            if hasEnded { try resolveWait(of: &row) }
            return true
        }
        stored.consumedBy = operation.number
        try insert(stored, of: row)
        try resolve(operation, of: &row, with: signal.value)
        return true
    }

    /// Sends a signal to the operation of a token; see `JobStore.signal(_:value:)`.
    package func signal(_ token: SignalToken, value: JSONText) throws {
        guard var row = try row(token.jobID),
            let operation = try operation(of: row, number: token.number),
            operation.type == .signal, operation.secret == token.secret
        else { throw LonghaulError(.notFound, "there is no such signal token") }
        guard operation.status == .waiting, !operation.isDue(at: now), !row.job.state.isFinal else {
            throw LonghaulError(.conflict, "the signal token was used before, or has expired")
        }
        try checkSize(of: value)
        try endDueWaits(of: &row)
        try resolve(operation, of: &row, with: value)
    }

    private func resolve(_ operation: JournalOperation, of row: inout JobRow, with value: JSONText) throws {
        var operation = operation
        let previous = operation.weight
        end(&operation, .succeeded, output: value)
        try update(operation, of: row)
        row.journalBytes += operation.weight - previous
        try resolveWait(of: &row)
    }

    private func checkSize(of value: JSONText) throws {
        let maximum = limits.journal.outputBytes
        guard value.bytes.count > maximum else { return }
        throw LonghaulError(
            .payloadTooLarge, "the signal has \(value.bytes.count) bytes; the maximum is \(maximum)")
    }

    private func checkRoom(for signal: Signal, of row: JobRow) throws {
        let usage = try keptSignalUsage(of: row)
        let bounds = limits.journal
        guard usage.count < bounds.keptSignals,
            usage.bytes + Int64(signal.value.bytes.count) <= bounds.keptSignalBytes
        else {
            throw LonghaulError(
                .conflict,
                "the job \(row.job.id) has \(usage.count) signals that it has not consumed; it accepts more when it has consumed some"
            )
        }
    }

    /// Sets the status of an operation that ends now.
    private func end(
        _ operation: inout JournalOperation, _ status: OperationStatus, output: JSONText? = nil,
        error: JobError? = nil
    ) {
        operation.status = status
        operation.endedAt = now
        operation.output = output
        operation.error = error
    }

    /// Moves the time of the next wake-up forward to that of a waiting operation.
    private func noteWait(_ operation: JournalOperation, in row: inout JobRow) {
        guard operation.status == .waiting, let until = operation.until else { return }
        row.wakeAt = row.wakeAt.map { min($0, until) } ?? until
    }

    /// Cancels a child job with its descendants.
    private func cancelChild(_ id: JobID) throws {
        guard let child = try row(id), !child.job.state.isFinal else { return }
        _ = try cancel(id)
        _ = try cancelDescendants(of: id, limit: Self.cancelledDescendants)
    }

    /// The maximum number of descendants that are cancelled with a child job, because other calls wait for the transaction.
    private static var cancelledDescendants: Int { 1000 }

    /// The first operations of a journal, for a lease.
    func firstPage(of row: JobRow) throws -> JournalPage {
        JournalPage(try operations(of: row, after: 0, limit: JournalPage.leaseCount), of: row)
    }
}

/// Journals by hand of an operator.
extension StoreTransaction {
    /// Pauses a job because its code asks for another operation than the recorded one.
    private func pause(_ row: inout JobRow, because difference: JournalDifference) throws {
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
            throw LonghaulError(.conflict, "a worker holds the job \(id): cancel it or wait until it is suspended")
        }
        let first = try known(operation, of: row)
        try removeOperations(of: &row, from: first.number)
        switch row.job.state {
        case .suspended, .completed, .failed, .cancelled:
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
            if operation.id.hasPrefix(JournalOperation.compensationPrefix) { copy.hasCompensations = true }
        }
        try update(copy)
        return try family(of: copy)
    }

    private func known(_ operation: String, of row: JobRow) throws -> JournalOperation {
        guard let found = try self.operation(of: row, id: operation) else {
            throw LonghaulError(
                .notFound, "the journal of the job \(row.job.id) has no operation \"\(operation.prefix(100))\"")
        }
        return found
    }

    /// Removes the operations from a number on, cancels their child jobs and keeps their signals again. The caller stores the
    /// row.
    private func removeOperations(of row: inout JobRow, from number: Int64) throws {
        let removed = try operations(of: row, after: number - 1, limit: .max)
        for operation in removed {
            row.journalBytes -= operation.weight
            row.job.operationCount -= 1
        }
        try keepSignals(of: row, consumedFrom: number)
        try removeOperations(of: row, from: number)
        row.wakeAt = try waitingOperations(of: row).compactMap(\.until).min()
        // The operations are gone, so the ends of the children change nothing.
        for case let child? in removed.map(\.jobID) { try cancelChild(child) }
    }
}

/// A difference between the code of a durable job and its journal.
struct JournalDifference: Error {
    var recorded: JournalOperation
    var requested: OperationUpdate

    var message: String {
        "the operation \"\(recorded.id)\" is recorded as \(recorded.type.rawValue) \"\(recorded.name)\", and the code asks for \(requested.type.rawValue) \"\(requested.name)\""
    }

    /// The error of the job, with both sides.
    var error: JobError {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("id", recorded.id)
            writer.object("recorded") { writer in
                writer.field("type", recorded.type.rawValue)
                writer.field("name", recorded.name)
            }
            writer.object("requested") { writer in
                writer.field("type", requested.type.rawValue)
                writer.field("name", requested.name)
            }
        }
        return JobError(
            type: LonghaulError.Code.nondeterministic.rawValue, message: message, details: writer.text,
            retryable: false)
    }
}

extension JournalOperation {
    /// The beginning of the identifiers of markers that register a compensation: a cancellation then lets the job run them.
    package static let compensationPrefix = "compensation/"

    /// Whether its wait ends by time.
    fileprivate func isDue(at now: Timestamp) -> Bool { until.map { $0 <= now } ?? false }

    /// Whether it waits, or has waited.
    fileprivate var canWait: Bool {
        switch type {
        case .timer, .signal, .job: true
        case .step: status == .waiting || attempt > 1
        case .group, .marker: false
        }
    }
}

extension JournalPage {
    /// A page of operations of a job, at most ``JournalPage/maxBytes`` and one operation more.
    package init(_ found: [JournalOperation], of row: JobRow) {
        var bytes: Int64 = 0
        let fitting = found.prefix { operation in
            defer { bytes += operation.weight }
            return bytes < Self.maxBytes
        }
        // The numbers of a journal have no gaps.
        self.init(
            operations: Array(fitting),
            next: fitting.last.map(\.number).flatMap { $0 < row.job.operationCount ? $0 : nil })
    }
}

extension OperationWait {
    fileprivate init(_ operation: JournalOperation) {
        self.init(
            id: operation.id, type: operation.type, name: operation.name, until: operation.until,
            jobID: operation.jobID)
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

extension JobError {
    static func signalTimeout(_ name: String) -> JobError {
        JobError(type: "timeout", message: "the signal \"\(name)\" did not arrive in time", retryable: false)
    }

    static func childCancelled(_ id: JobID) -> JobError {
        JobError(type: "cancelled", message: "the job \(id) was cancelled", retryable: false)
    }
}
