import LonghaulCore
import LonghaulJSON

/// The changes of a journal within one call.
///
/// Each operation is read at most once, and written at most once, when ``StoreTransaction/write(_:)`` is called. A call
/// that throws before that has changed nothing.
struct JournalEdit {
    /// The row of the job, with the sums of the changed journal.
    var row: JobRow
    /// The operations that were read or changed, by their identifiers.
    private(set) var operations: [String: JournalOperation] = [:]
    /// The number of operations that the store has. Those with higher numbers are new.
    private var storedCount: Int
    /// The new operations, in their order.
    private var newIDs: [String] = []
    /// The operations that the store has in an earlier form.
    private var changedIDs: Set<String> = []
    /// Whether the row has changed since it was read.
    private(set) var hasChanged = false

    init(_ row: JobRow) {
        self.row = row
        storedCount = row.job.operationCount
    }

    /// Whether the store has operations of the job.
    var hasStored: Bool { storedCount > 0 }

    /// Keeps an operation that was read.
    mutating func remember(_ operation: JournalOperation) {
        operations[operation.id] = operation
    }

    /// Adds a new operation.
    mutating func insert(_ operation: JournalOperation) {
        operations[operation.id] = operation
        newIDs.append(operation.id)
        row.job.operationCount += 1
        row.journalBytes += operation.weight
        noteWait(of: operation)
        hasChanged = true
    }

    /// Replaces an operation that was read.
    mutating func update(_ operation: JournalOperation) {
        row.journalBytes += operation.weight - (operations[operation.id]?.weight ?? 0)
        operations[operation.id] = operation
        if operation.number <= storedCount { changedIDs.insert(operation.id) }
        noteWait(of: operation)
        hasChanged = true
    }

    /// Ends an operation that was read.
    mutating func end(
        _ operation: JournalOperation, _ status: OperationStatus, output: JSONText? = nil,
        error: JobError? = nil, at now: Timestamp
    ) {
        var operation = operation
        operation.end(status, output: output, error: error, at: now)
        update(operation)
    }

    /// Ends an operation by the server. The next change of the job's state publishes it.
    mutating func resolve(
        _ operation: JournalOperation, _ status: OperationStatus, output: JSONText? = nil,
        error: JobError? = nil, at now: Timestamp
    ) {
        row.operationEnds[OperationEnd(operation.type, status), default: 0] += 1
        end(operation, status, output: output, error: error, at: now)
    }

    /// Records that the worker has added or ended an operation.
    mutating func recordProgress() { row.recordProgress() }

    /// Records when the row is woken.
    mutating func setWakeUp(_ moment: Timestamp?) {
        // Maintenance continues the copy of a journal.
        row.wakeAt = row.fork == nil ? moment : row.wakeAt
        hasChanged = true
    }

    /// Moves the time of the wake-up forward to the end of a wait.
    private mutating func noteWait(of operation: JournalOperation) {
        guard operation.status == .waiting, let until = operation.until else { return }
        row.wakeAt = row.wakeAt.map { min($0, until) } ?? until
    }

    /// Returns the operations to insert and to update, and records that the store has them.
    fileprivate mutating func takeChanges() -> (new: [JournalOperation], changed: [JournalOperation]) {
        defer {
            storedCount = row.job.operationCount
            newIDs = []
            changedIDs = []
        }
        let changed = changedIDs.compactMap { operations[$0] }
        return (newIDs.compactMap { operations[$0] }, changed.sorted { $0.number < $1.number })
    }
}

extension JournalOperation {
    /// Sets the outcome of an operation that ends.
    mutating func end(
        _ status: OperationStatus, output: JSONText? = nil, error: JobError? = nil, at now: Timestamp
    ) {
        self.status = status
        self.output = output
        self.error = error
        endedAt = now
    }
}

extension StoreTransaction {
    /// The operation of this identifier, as the call has changed it; nil if there is none.
    func operation(_ id: String, in edit: inout JournalEdit) throws -> JournalOperation? {
        if let known = edit.operations[id] { return known }
        guard edit.hasStored, let found = try operation(of: edit.row, id: id) else { return nil }
        edit.remember(found)
        return found
    }

    /// The operations that wait, in their order. The call has inserted none.
    func waitingOperations(in edit: inout JournalEdit) throws -> [JournalOperation] {
        guard edit.hasStored else { return [] }
        let stored = try waitingOperations(of: edit.row)
        for operation in stored where edit.operations[operation.id] == nil { edit.remember(operation) }
        return stored.compactMap { edit.operations[$0.id] }.filter { $0.status == .waiting }
    }

    /// Stores the changed operations. The caller stores the row.
    func write(_ edit: inout JournalEdit) throws {
        let (new, changed) = edit.takeChanges()
        for operation in new { try insert(operation, of: edit.row) }
        for operation in changed { try update(operation, of: edit.row) }
    }
}
