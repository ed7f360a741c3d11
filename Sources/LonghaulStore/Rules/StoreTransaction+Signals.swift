package import LonghaulCore
package import LonghaulJSON

/// Signals to durable jobs.
extension StoreTransaction {
    /// Sends a signal to a job; see `JobStore.signal(_:_:)`.
    package func signal(_ id: JobID, _ signal: Signal) throws -> Bool {
        let row = try knownWithJournal(id)
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
        var edit = JournalEdit(row)
        var hasEnded = try endDueWaits(in: &edit)
        var stored = StoredSignal(
            number: try lastSignalNumber(of: row) + 1, signal: signal, receivedAt: now)
        let waits = try waitingOperations(in: &edit)
        if let operation = waits.first(where: { $0.type == .signal && $0.name == signal.name }) {
            stored.consumedBy = operation.number
            edit.resolve(operation, .succeeded, output: signal.value, at: now)
            hasEnded = true
        } else {
            try checkRoom(for: signal, of: row)
        }
        try insert(stored, of: row)
        try store(edit, hasEnded: hasEnded)
        return true
    }

    /// Sends a signal to the operation of a token; see `JobStore.signal(_:value:)`.
    package func signal(_ token: SignalToken, value: JSONText) throws {
        guard let row = try row(token.jobID),
            let first = try operation(of: row, number: token.number),
            first.type == .signal, first.secret == token.secret
        else { throw LonghaulError(.notFound, "there is no such signal token") }
        var edit = JournalEdit(row)
        edit.remember(first)
        try endDueWaits(in: &edit)
        guard let operation = edit.operations[first.id], operation.status == .waiting,
            !row.job.state.isFinal
        else { throw LonghaulError(.conflict, "the signal token was used before, or has expired") }
        try checkSize(of: value)
        // A restart before the operation keeps it again.
        var stored = StoredSignal(
            number: try lastSignalNumber(of: row) + 1, signal: Signal(name: operation.name, value: value),
            receivedAt: now)
        stored.consumedBy = operation.number
        edit.resolve(operation, .succeeded, output: value, at: now)
        try insert(stored, of: row)
        try store(edit, hasEnded: true)
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
                "the job \(row.job.id) has \(usage.count) signals that it has not consumed; "
                    + "it accepts more when it has consumed some")
        }
    }
}
