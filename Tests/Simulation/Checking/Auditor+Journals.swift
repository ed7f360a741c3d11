import LonghaulCore
import LonghaulJSON

/// The journal and the signals of a job, as its transactions stored them.
struct JournalModel {
    var operations: [JournalOperation] = []
    var signals: [StoredSignal] = []
    var isPaused = false
    /// The operations that a suspended job shows as those that it waits for.
    var waitsFor: [String] = []
    var payload: JSONText?

    /// The earliest end of a wait by time; nil if none ends by time.
    var dueAt: Timestamp? { operations.filter { $0.status == .waiting }.compactMap(\.until).min() }
}

/// Checks journals: an ended operation never changes, a signal is consumed once and in order, a child job belongs to one
/// operation, and a suspended job waits for something.
extension Auditor {
    /// Follows what a transaction stored.
    func follow(_ effects: [JournalEffect]) {
        var ended: [JobID: Set<Int64>] = [:]
        var restarted: Set<JobID> = []
        for effect in effects {
            var journal = journals[effect.job] ?? JournalModel()
            if case .remove = effect.change { restarted.insert(effect.job) }
            let isRestarted = restarted.contains(effect.job)
            if let number = apply(effect.change, to: &journal, of: effect.job, isRestarted: isRestarted) {
                ended[effect.job, default: []].insert(number)
            }
            journals[effect.job] = journal
        }
        for id in Set(effects.map(\.job)).sorted() {
            checkSignals(of: id, ended[id] ?? [])
            checkWaits(of: id)
        }
    }

    /// Applies a change. Returns the number of an operation that succeeds with it.
    ///
    /// - Parameter isRestarted: whether the same transaction has removed operations. A restart opens ended ones.
    private func apply(
        _ change: JournalEffect.Change, to journal: inout JournalModel, of id: JobID, isRestarted: Bool
    ) -> Int64? {
        switch change {
        case .insert(let operation):
            insert(operation, into: &journal, of: id)
            return operation.status == .succeeded ? operation.number : nil
        case .update(let operation):
            return update(operation, in: &journal, of: id, isRestarted: isRestarted)
        case .remove(let number): journal.operations.removeAll { $0.number >= number }
        case .signal(let signal):
            if let key = signal.signal.key, journal.signals.contains(where: { $0.signal.key == key }) {
                report("\(name(id)) has two signals with the same key")
            }
            journal.signals.append(signal)
            if signal.consumedBy != nil { checkOrder(of: signal, in: journal, id) }
        case .consume(let number, let consumer):
            guard let index = journal.signals.firstIndex(where: { $0.number == number }) else {
                report("\(name(id)) consumed a signal that it does not have")
                return nil
            }
            if journal.signals[index].consumedBy != nil { report("\(name(id)) consumed a signal twice") }
            journal.signals[index].consumedBy = consumer
            checkOrder(of: journal.signals[index], in: journal, id)
        case .keep(let number):
            for index in journal.signals.indices where (journal.signals[index].consumedBy ?? 0) >= number {
                journal.signals[index].consumedBy = nil
            }
        case .removeConsumed: journal.signals.removeAll { $0.consumedBy != nil }
        case .row(let row):
            (journal.isPaused, journal.waitsFor, journal.payload) = (row.isPaused, row.waitsFor, row.payload)
        }
        return nil
    }

    private func insert(_ operation: JournalOperation, into journal: inout JournalModel, of id: JobID) {
        trace.note(
            id.low, UInt64(operation.number),
            words:
                "\(name(id)) starts \(operation.type.rawValue) \(operation.id): \(operation.status.rawValue)")
        if journal.operations.contains(where: { $0.id == operation.id }) {
            report("the journal of \(name(id)) has the operation \(operation.id) twice")
        }
        if operation.number != Int64(journal.operations.count + 1) {
            report("the journal of \(name(id)) has a gap before the operation \(operation.id)")
        }
        if let child = operation.jobID {
            let known = childOperations[child] != nil && childOperations[child] != operation.id
            if known { report("\(name(child)) is the child job of two operations") }
            childOperations[child] = operation.id
        }
        journal.operations.append(operation)
    }

    private func update(
        _ operation: JournalOperation, in journal: inout JournalModel, of id: JobID, isRestarted: Bool
    ) -> Int64? {
        guard let index = journal.operations.firstIndex(where: { $0.number == operation.number }) else {
            report("\(name(id)) changed an operation that it does not have")
            return nil
        }
        let before = journal.operations[index]
        trace.note(
            id.low, UInt64(operation.number), UInt64(operation.attempt),
            words:
                "\(name(id)) changes \(operation.type.rawValue) \(operation.id): \(operation.status.rawValue)"
        )
        let isReopened = isRestarted && (before.type == .group || before.status != .succeeded)
        if before.status.isFinal, before != operation, !isReopened {
            report("the ended operation \(operation.id) of \(name(id)) changed")
        }
        if before.id != operation.id || before.jobID != operation.jobID || before.input != operation.input {
            report("the operation \(operation.id) of \(name(id)) is another one than before")
        }
        journal.operations[index] = operation
        return operation.status == .succeeded && before.status != .succeeded ? operation.number : nil
    }

    /// Reports an older signal of the same name that was not consumed first.
    private func checkOrder(of signal: StoredSignal, in journal: JournalModel, _ id: JobID) {
        let older = journal.signals.contains {
            $0.number < signal.number && $0.consumedBy == nil && $0.signal.name == signal.signal.name
        }
        if older { report("\(name(id)) consumed a signal before an older one") }
    }

    /// Checks that each operation that a signal resolved has consumed one signal with its output.
    private func checkSignals(of id: JobID, _ ended: Set<Int64>) {
        guard let journal = journals[id] else { return }
        for operation in journal.operations
        where operation.type == .signal && ended.contains(operation.number) {
            let consumed = journal.signals.filter { $0.consumedBy == operation.number }
            if consumed.count != 1 || consumed.first?.signal.value != operation.output {
                report("the operation \(operation.id) of \(name(id)) consumed \(consumed.count) signals")
            }
        }
    }

    /// Checks that a suspended job has something that wakes it.
    private func checkWaits(of id: JobID) {
        guard let journal = journals[id], let model = jobs[id], model.state == .suspended, !journal.isPaused
        else { return }
        let waiting = Set(journal.operations.filter { $0.status == .waiting }.map(\.id))
        if waiting.isEmpty { report("\(name(id)) is suspended, and waits for nothing") }
        if journal.waitsFor.isEmpty || !waiting.isSuperset(of: journal.waitsFor) {
            report("\(name(id)) is suspended although an operation that it waits for has ended")
        }
    }

    /// Checks that a timer woke a job in time.
    func checkWakeUp(of change: JobChange, since suspendedAt: Timestamp) {
        guard let journal = journals[change.jobID], !journal.isPaused, let due = journal.dueAt,
            due <= change.at
        else { return }
        punctuality.expect("\(name(change.jobID)) woke", at: max(due, suspendedAt))
    }

    // MARK: Answers

    /// Checks the operations in an answer.
    func answered(_ operations: [JournalOperation], of id: JobID, by call: String) {
        let stored = journals[id]?.operations ?? []
        for operation in operations where !stored.contains(operation) {
            report("\(call) answered the operation \(operation.id) of \(name(id)) as it is not stored")
        }
    }

    /// Checks the answer to an update of a journal.
    func updated(_ token: LeaseToken, _ answer: Result<[JournalOperation], LonghaulError>) {
        switch answer {
        case .success(let operations): answered(operations, of: token.jobID, by: "an update")
        // The code of a simulated process never changes.
        case .failure(let error): report("\(name(token.jobID)) was refused: \(error)")
        }
    }

    /// Checks the journal of a lease.
    func leased(_ lease: Lease) {
        let id = lease.token.jobID
        answered(lease.journal.operations, of: id, by: "a lease")
        let count = journals[id]?.operations.count ?? 0
        if lease.journal.operations.count != min(count, JournalPage.leaseCount) {
            report("a lease of \(name(id)) has \(lease.journal.operations.count) of \(count) operations")
        }
    }

    // MARK: The end of a run

    /// Compares the stored journals with those that were committed, and child jobs with their operations.
    func checkJournals(in store: any JobStore) async throws {
        for (id, model) in jobs.sorted(by: { $0.key < $1.key }) where !model.isRemoved {
            let stored = try await store.journal(of: id, after: 0, limit: .max)?.operations ?? []
            if stored != journals[id]?.operations ?? [] {
                report("\(name(id)) has another journal than was stored")
            }
        }
        for (id, model) in jobs.sorted(by: { $0.key < $1.key }) {
            // The children of executions belong to no operation; the store sets their parent.
            guard let operation = model.submission?.parentOperation, model.submission?.parentID != nil
            else { continue }
            if childOperations[id] != operation {
                report("\(name(id)) belongs to the operation \(operation), which has another child job")
            }
        }
    }
}
