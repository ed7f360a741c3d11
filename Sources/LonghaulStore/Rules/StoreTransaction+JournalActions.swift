package import LonghaulCore
package import LonghaulJSON

/// Changes of whole journals: pause, resume, restart, and continue as new.
extension StoreTransaction {
    /// Pauses a job because its code asks for another operation than the recorded one.
    func pause(_ row: inout JobRow, because difference: JournalDifference) throws {
        row.job.isPaused = true
        try release(&row, to: .suspended, fault: difference.error)
    }

    /// Pauses a job; see `JobStore.pause(_:)`.
    package func pause(_ id: JobID) throws -> Job {
        var row = try knownWithJournal(id)
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
        var row = try knownWithJournal(id)
        guard row.job.isPaused else { return try family(of: row) }
        guard row.fork == nil else { throw LonghaulError.isBeingCopied(id) }
        row.job.isPaused = false
        try removeDifference(from: &row)
        if row.job.state == .suspended {
            if try endDueWaits(of: &row) { row.job.waitsFor = [] }
            if row.job.waitsFor.isEmpty {
                row.job.runAt = now
                try move(&row, to: .pending)
                return try family(of: row)
            }
            row.showNextWait()
        }
        try update(row)
        return try family(of: row)
    }

    /// Shows no difference between the code and the journal any more. The attempts and their errors remain.
    private func removeDifference(from row: inout JobRow) throws {
        guard row.faultVersion > 0 else { return }
        let ours = try faults(of: row).filter { row.counts($0) }
        let type = LonghaulError.Code.nondeterministic.rawValue
        guard ours.last?.error.type == type else { return }
        row.faultVersion = ours.last { $0.error.type != type }?.version ?? 0
    }

    /// Removes operations and begins a job again; see `JobStore.restart(_:from:)`.
    package func restart(_ id: JobID, from operation: String) throws -> Job {
        var row = try knownWithJournal(id)
        guard row.job.state != .processing else {
            throw LonghaulError(
                .conflict, "a worker holds the job \(id): cancel it or wait until it is suspended")
        }
        guard row.fork == nil else { throw LonghaulError.isBeingCopied(id) }
        let first = try known(operation, of: row)
        var beginning = try beginning(of: row, before: first)
        let children = beginning.replaceChildren(onlyReopened: true) { JobID(at: now, random: random) }
        try checkCount(of: children)
        try removeOperations(of: &row, from: first.number, keeping: &beginning, children)
        switch row.job.state {
        case .suspended, .completed, .failed, .cancelled:
            row.job.result = nil
            try restart(row)
        case .pending, .scheduled, .blocked, .retrying, .processing: try update(row)
        }
        try submitChildren(children, of: id)
        return try family(of: known(id))
    }

    func known(_ operation: String, of row: JobRow) throws -> JournalOperation {
        guard let found = try self.operation(of: row, id: operation) else {
            throw LonghaulError(
                .notFound,
                "the journal of the job \(row.job.id) has no operation \"\(operation.prefix(100))\"")
        }
        return found
    }

    private func beginning(of row: JobRow, before first: JournalOperation) throws -> JournalBeginning {
        let count = Int(first.number) - 1
        return JournalBeginning(
            count > 0 ? try operations(of: row, after: 0, limit: count) : [], before: first,
            in: try scopes(of: first, in: row))
    }

    /// The identifiers of the operations that contain another one.
    func scopes(of operation: JournalOperation, in row: JobRow) throws -> Set<String> {
        var scopes: Set<String> = []
        var next = operation.parentID
        while let id = next, scopes.insert(id).inserted {
            next = try self.operation(of: row, id: id)?.parentID
        }
        return scopes
    }

    /// Removes the operations from a number on, cancels their child jobs and keeps their signals again. The caller stores the
    /// row.
    ///
    /// - Parameters:
    ///   - beginning: the other operations, of which the reopened ones are stored.
    ///   - children: the new child jobs of these operations.
    private func removeOperations(
        of row: inout JobRow, from number: Int64, keeping beginning: inout JournalBeginning,
        _ children: [JournalBeginning.ReplacedChild]
    ) throws {
        let cancelled = try waitingOperations(of: row).filter { $0.number >= number }.compactMap(\.jobID)
        try keepSignals(of: row, consumedFrom: number)
        try consumeKeptSignals(of: row, by: &beginning)
        // The child job of a stored operation never changes.
        let replaced = children.first.flatMap { child in
            beginning.operations.first { $0.id == child.operation }
        }
        let end = replaced?.number ?? number
        try removeOperations(of: row, from: end)
        for operation in beginning.operations[(Int(end) - 1)...] { try insert(operation, of: row) }
        for operation in beginning.reopened.map({ beginning.operations[$0] }) where operation.number < end {
            try update(operation, of: row)
        }
        row.record(beginning.operations)
        guard !cancelled.isEmpty else { return }
        try updateJournal(of: row)
        for child in cancelled { try cancelChild(child) }
        // The end of a child can end other jobs, and they the operations that are left.
        row = try self.row(row.job.id) ?? row
    }

    /// Ends reopened waits with the signals that are kept.
    private func consumeKeptSignals(of row: JobRow, by beginning: inout JournalBeginning) throws {
        for index in beginning.reopened where beginning.operations[index].type == .signal {
            let operation = beginning.operations[index]
            guard let signal = try keptSignal(of: row, name: operation.name) else { continue }
            try consume(signal, by: operation.number, of: row)
            beginning.update(index) { $0.end(.succeeded, output: signal.signal.value, at: now) }
        }
    }

    private func checkCount(of children: [JournalBeginning.ReplacedChild]) throws {
        guard children.count > Self.maxReplacedChildren else { return }
        throw LonghaulError(
            .conflict,
            "\(children.count) child jobs would be submitted again, and the maximum is \(Self.maxReplacedChildren). "
                + "Begin at an earlier operation.")
    }

    /// The maximum number of child jobs that are submitted again, because other calls wait for the transaction.
    private static var maxReplacedChildren: Int { 1000 }

    /// Begins the job that a token holds again; see `JobStore.continueAsNew(_:payload:)`.
    package func continueAsNew(_ token: LeaseToken, payload: JSONText) throws -> Job {
        var row = try heldWithJournal(by: token)
        // Before the operations: the signals of removed operations are kept again.
        try removeConsumedSignals(of: row)
        var nothing = JournalBeginning()
        try removeOperations(of: &row, from: 1, keeping: &nothing, [])
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

    /// Whether an operation of this identifier belongs to the undoing of its job, for which a full journal has room.
    static func undoes(_ id: String) -> Bool {
        id == "failure" || [compensationPrefix, "compensate/", "order/"].contains(where: id.hasPrefix)
    }

    /// Whether it registers a compensation.
    var isCompensation: Bool { type == .marker && id.hasPrefix(Self.compensationPrefix) }
}

extension JobRow {
    /// Sets the sums of a journal that has these operations.
    fileprivate mutating func record(_ operations: [JournalOperation]) {
        job.operationCount = operations.count
        journalBytes = operations.reduce(0) { $0 + $1.weight }
        hasCompensations = operations.contains(where: \.isCompensation)
        wakeAt = operations.filter { $0.status == .waiting }.compactMap(\.until).min()
    }
}
