import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The operations of journals.
extension Transaction {
    func operation(of row: JobRow, id: String) throws -> JournalOperation? {
        try fetchOperations([OperationKey(jobID: row.job.id, id: id)])
        return entries[row.job.id]?.journal.operation(id: id)
    }

    func operation(of row: JobRow, number: Int64) throws -> JournalOperation? {
        guard let entry = entries[row.job.id] else { return nil }
        if let known = entry.journal.operation(number: number) { return known }
        guard entry.hasStoredOperations, !entry.journal.isRemoved(number) else { return nil }
        try add(connection.run(JournalQueries.operation(number, of: row.job.id)), to: entry)
        return entry.journal.operation(number: number)
    }

    func waitingOperations(of row: JobRow) throws -> [JournalOperation] {
        guard let entry = entries[row.job.id] else { return [] }
        try fetchWaiting(of: [row.job.id])
        return entry.journal.merged([]) { $0.status == .waiting }
    }

    func operations(of row: JobRow, after number: Int64, limit: Int) throws -> [JournalOperation] {
        guard let entry = entries[row.job.id] else { return [] }
        var stored: [JournalOperation] = []
        if entry.hasStoredOperations {
            // The transaction may have removed stored ones only from a number on, so these are the first.
            stored = try connection.run(
                JournalQueries.operations(of: row.job.id, after: number, limit: limit)
            ).map { try JournalOperation(&$0) }
        }
        return Array(entry.journal.merged(stored) { $0.number > number }.prefix(limit))
    }

    func firstOperations(of row: JobRow) throws -> [JournalOperation] {
        try fetchFirstPages(of: [row.job.id])
        let journal = entries[row.job.id]?.journal
        let merged = journal?.merged(journal?.firstPage ?? []) { _ in true }
        return Array((merged ?? []).prefix(JournalPage.leaseCount))
    }

    func insert(_ operation: JournalOperation, of row: JobRow) {
        change(row.job.id) { $0.journal.insert(operation) }
    }

    func update(_ operation: JournalOperation, of row: JobRow) {
        change(row.job.id) { $0.journal.update(operation) }
    }

    func removeOperations(of row: JobRow, from number: Int64) {
        change(row.job.id) { $0.journal.removeOperations(from: number) }
    }

    func replacePayload(of row: inout JobRow, by payload: JSONText) {
        row.job.spec.payload = payload
        let changed = row
        change(row.job.id) { entry in
            entry.row = changed
            entry.isChanged = true
            entry.hasNewPayload = true
        }
    }

    // MARK: Reading in bulk

    /// Reads operations of the transaction's jobs that it does not have yet.
    func fetchOperations(_ keys: some Sequence<OperationKey>) throws {
        let missing = Set(
            keys.filter { key in entries[key.jobID].map { !$0.journal.knows(id: key.id) } ?? false })
        guard !missing.isEmpty else { return }
        let stored = missing.filter { entries[$0.jobID]?.hasStoredOperations ?? false }
        try add(operations: stored.isEmpty ? nil : connection.run(JournalQueries.operations(stored)), missing)
    }

    /// Adds operations that were read.
    ///
    /// - Parameter rows: rows of ``JournalQueries/operations(_:)``; nil if none were read.
    func add(operations rows: Rows?, _ asked: Set<OperationKey>) throws {
        if let rows { try addByJob(rows) }
        for key in asked { entries[key.jobID]?.journal.recordMissing(id: key.id) }
    }

    /// Reads the operations that wait for jobs that may end, with their jobs.
    func fetchParents(of children: [JobID]) throws {
        let keys = children.compactMap { id -> OperationKey? in
            guard let row = entries[id]?.row, let parent = row.job.parentID,
                let operation = row.parentOperation
            else { return nil }
            return OperationKey(jobID: parent, id: operation)
        }
        guard !keys.isEmpty else { return }
        cache.hasDurableChildren = true
        try fetch(keys.lazy.map(\.jobID))
        try fetchOperations(keys)
    }

    /// Reads the waiting operations of the transaction's jobs that it does not have yet.
    func fetchWaiting(of jobs: [JobID]) throws {
        let missing = jobs.filter { id in entries[id].map { !$0.journal.hasAllWaiting } ?? false }
        let stored = missing.filter { entries[$0]?.hasStoredOperations ?? false }
        if !stored.isEmpty { try addByJob(connection.run(JournalQueries.waiting(of: stored))) }
        for id in missing { entries[id]?.journal.hasAllWaiting = true }
    }

    /// Reads the first operations of the transaction's jobs that it does not have yet, for their leases.
    func fetchFirstPages(of jobs: [JobID]) throws {
        let missing = jobs.filter { id in
            entries[id].map { $0.hasStoredOperations && $0.journal.firstPage == nil } ?? false
        }
        guard !missing.isEmpty else { return }
        var pages: [JobID: [JournalOperation]] = [:]
        let rows = try connection.run(
            JournalQueries.pages(
                of: missing, after: 0, limit: JournalPage.leaseCount, maxBytes: JournalPage.maxBytes))
        for index in 0..<rows.count {
            var row = rows[index]
            pages[row.id(), default: []].append(try JournalOperation(&row))
        }
        for id in missing { entries[id]?.journal.firstPage = pages[id] ?? [] }
    }

    /// Adds operations, each with its job.
    private func addByJob(_ rows: Rows) throws {
        for index in 0..<rows.count {
            var row = rows[index]
            let entry = entries[row.id()]
            entry?.journal.add(read: try JournalOperation(&row))
        }
    }

    private func add(_ rows: Rows, to entry: TrackedJob) throws {
        for operation in try rows.map({ try JournalOperation(&$0) }) { entry.journal.add(read: operation) }
    }
}

/// Signals.
extension Transaction {
    func keptSignal(of row: JobRow, name: String) throws -> StoredSignal? {
        guard let entry = entries[row.job.id] else { return nil }
        let stored = try signals(of: entry) { JournalQueries.keptSignal(of: $0, except: $1, name: name) }
        let known = entry.journal.signals.values.filter { $0.signal.name == name && $0.consumedBy == nil }
        return (stored + known).min { $0.number < $1.number }
    }

    func signal(of row: JobRow, key: [UInt8]) throws -> StoredSignal? {
        guard let entry = entries[row.job.id] else { return nil }
        if let known = entry.journal.signals.values.first(where: { $0.signal.key == key }) { return known }
        return try signals(of: entry) { JournalQueries.signal(of: $0, except: $1, key: key) }.first
    }

    func keptSignalUsage(of row: JobRow) throws -> AttachmentUsage {
        guard let entry = entries[row.job.id] else { return AttachmentUsage() }
        var usage = AttachmentUsage()
        if entry.stored != nil {
            let request = JournalQueries.keptUsage(of: row.job.id, except: entry.journal.knownSignals)
            var found = try connection.run(request).first
            usage = AttachmentUsage(count: found?.int() ?? 0, bytes: found?.int64() ?? 0)
        }
        for known in entry.journal.signals.values where known.consumedBy == nil {
            usage.count += 1
            usage.bytes += Int64(known.signal.value.bytes.count)
        }
        return usage
    }

    func lastSignalNumber(of row: JobRow) throws -> Int64 {
        guard let entry = entries[row.job.id] else { return 0 }
        if let known = entry.journal.lastSignal { return known }
        var found =
            entry.stored == nil ? nil : try connection.run(JournalQueries.lastSignal(of: row.job.id)).first
        let last = found?.int64() ?? 0
        entry.journal.lastSignal = last
        return last
    }

    func insert(_ signal: StoredSignal, of row: JobRow) {
        change(row.job.id) { $0.journal.insert(signal) }
    }

    func consume(_ signal: StoredSignal, by number: Int64, of row: JobRow) {
        var consumed = signal
        consumed.consumedBy = number
        change(row.job.id) { $0.journal.update(consumed) }
    }

    func keepSignals(of row: JobRow, consumedFrom number: Int64) throws {
        guard let entry = entries[row.job.id] else { return }
        let stored = try signals(of: entry) {
            JournalQueries.signals(of: $0, except: $1, consumedFrom: number)
        }
        let known = entry.journal.signals.values.filter { $0.consumedBy.map { $0 >= number } ?? false }
        change(row.job.id) { entry in
            for var signal in stored + known {
                signal.consumedBy = nil
                entry.journal.update(signal)
            }
        }
    }

    func removeConsumedSignals(of row: JobRow) throws {
        guard let entry = entries[row.job.id] else { return }
        let request = JournalQueries.consumedSignals(of: row.job.id, except: entry.journal.knownSignals)
        let stored = entry.stored == nil ? [] : try connection.run(request).map { $0.int64() }
        change(row.job.id) { $0.journal.removeConsumedSignals(stored) }
    }

    /// Reads stored signals of a job.
    ///
    /// - Parameter request: the statement for a job, without signals of these numbers.
    private func signals(
        of entry: TrackedJob, _ request: (JobID, [Int64]) -> Request
    ) throws -> [StoredSignal] {
        guard entry.stored != nil else { return [] }
        return try connection.run(request(entry.row.job.id, entry.journal.knownSignals)).map {
            try StoredSignal(&$0)
        }
    }
}
