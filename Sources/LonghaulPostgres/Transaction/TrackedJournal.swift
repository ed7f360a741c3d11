import LonghaulCore
import LonghaulStore

/// The journal and the signals of a job in a transaction: what was read of them, with the changes to write.
struct TrackedJournal {
    /// The operations that were read or changed, by their numbers.
    private(set) var operations: [Int64: JournalOperation] = [:]
    /// The numbers of these operations by their identifiers; nil for an identifier that the journal does not have.
    private var numbers: [String: Int64?] = [:]
    private var newOperations: Set<Int64> = []
    private var changedOperations: Set<Int64> = []
    /// The stored operations from this number on are to be removed; nil to remove none.
    private(set) var removedFrom: Int64?
    /// Whether all operations that wait were read.
    var hasAllWaiting = false
    /// The first stored operations, as far as a lease shows them; nil before they were read.
    var firstPage: [JournalOperation]?

    /// The signals that were read or changed, by their numbers.
    private(set) var signals: [Int64: StoredSignal] = [:]
    private var newSignals: Set<Int64> = []
    private var changedSignals: Set<Int64> = []
    /// The stored signals to remove.
    private(set) var removedSignals: Set<Int64> = []
    /// The number of the last signal, once it was read.
    var lastSignal: Int64?

    /// Whether there are changes to write.
    var isChanged: Bool {
        removedFrom != nil || !newOperations.isEmpty || !changedOperations.isEmpty || !newSignals.isEmpty
            || !changedSignals.isEmpty || !removedSignals.isEmpty
    }

    /// The records to insert and to update.
    var operationsToInsert: [JournalOperation] { newOperations.sorted().compactMap { operations[$0] } }
    var operationsToUpdate: [JournalOperation] { changedOperations.sorted().compactMap { operations[$0] } }
    var signalsToInsert: [StoredSignal] { newSignals.sorted().compactMap { signals[$0] } }
    var signalsToUpdate: [StoredSignal] { changedSignals.sorted().compactMap { signals[$0] } }
}

/// Operations.
extension TrackedJournal {
    /// Whether it is known if the journal has an operation of an identifier.
    func knows(id: String) -> Bool { numbers[id] != nil }

    /// The operation of an identifier; nil if the journal has none, or if it was not read.
    func operation(id: String) -> JournalOperation? {
        numbers[id]?.flatMap { operations[$0] }
    }

    /// The operation of a number; nil if it was not read.
    func operation(number: Int64) -> JournalOperation? { operations[number] }

    /// Whether a stored operation is removed.
    func isRemoved(_ number: Int64) -> Bool { removedFrom.map { number >= $0 } ?? false }

    /// Adds a stored operation that was read, unless the transaction has changed or removed it.
    mutating func add(read operation: JournalOperation) {
        guard operations[operation.number] == nil, !isRemoved(operation.number) else { return }
        set(operation)
    }

    /// Records that the journal has no operation of an identifier, unless it has one.
    mutating func recordMissing(id: String) {
        if numbers[id] == nil { numbers.updateValue(nil, forKey: id) }
    }

    mutating func insert(_ operation: JournalOperation) {
        set(operation)
        newOperations.insert(operation.number)
    }

    mutating func update(_ operation: JournalOperation) {
        set(operation)
        if !newOperations.contains(operation.number) { changedOperations.insert(operation.number) }
    }

    mutating func removeOperations(from number: Int64) {
        for (removed, operation) in operations where removed >= number {
            operations[removed] = nil
            numbers.updateValue(nil, forKey: operation.id)
        }
        newOperations = newOperations.filter { $0 < number }
        changedOperations = changedOperations.filter { $0 < number }
        removedFrom = min(removedFrom ?? number, number)
    }

    /// Stored operations with the changes of the transaction, in their order.
    ///
    /// - Parameters:
    ///   - stored: the stored operations that match.
    ///   - matches: whether an operation belongs to the result.
    func merged(
        _ stored: [JournalOperation], where matches: (JournalOperation) -> Bool
    ) -> [JournalOperation] {
        let unread = stored.filter { operations[$0.number] == nil && !isRemoved($0.number) }
        guard !operations.isEmpty else { return unread }
        return (unread + operations.values.filter(matches)).sorted { $0.number < $1.number }
    }

    private mutating func set(_ operation: JournalOperation) {
        operations[operation.number] = operation
        numbers[operation.id] = operation.number
    }
}

/// Signals.
extension TrackedJournal {
    /// The numbers of the stored signals whose rows are out of date.
    var knownSignals: [Int64] { Array(signals.keys) + removedSignals }

    mutating func insert(_ signal: StoredSignal) {
        signals[signal.number] = signal
        newSignals.insert(signal.number)
        lastSignal = max(lastSignal ?? 0, signal.number)
    }

    mutating func update(_ signal: StoredSignal) {
        signals[signal.number] = signal
        if !newSignals.contains(signal.number) { changedSignals.insert(signal.number) }
    }

    /// Removes the signals that operations consumed.
    ///
    /// - Parameter stored: the numbers of those whose rows are up to date.
    mutating func removeConsumedSignals(_ stored: [Int64]) {
        removedSignals.formUnion(stored)
        for number in signals.values.filter({ $0.consumedBy != nil }).map(\.number) {
            signals[number] = nil
            changedSignals.remove(number)
            if newSignals.remove(number) == nil { removedSignals.insert(number) }
        }
    }
}
