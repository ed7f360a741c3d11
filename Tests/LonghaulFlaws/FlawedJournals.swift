import LonghaulCore
import LonghaulStore

/// Does not wake a suspended job whose timer is due.
final class LostWakeUp: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func eachOverdue(_ deadline: Deadline, limit: Int, _ body: (inout JobRow) throws -> Void) throws -> Bool {
        try inner.eachOverdue(deadline, limit: limit) { row in
            if row.job.state != .suspended { try body(&row) }
        }
    }
}

/// Does not record that an operation consumed a signal that was kept.
final class RepeatedSignal: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func consume(_ signal: StoredSignal, by number: Int64, of row: JobRow) throws {}
}

/// Changes the operations that the rules read in a call of a worker, so that the rules go wrong. See ``Flaw/secondChild``,
/// ``Flaw/changedOperation`` and ``Flaw/blindSuspension``.
final class FlawedOperations: VerbWrapper {
    let inner: any StoreTransaction
    private let flaw: Flaw
    /// The operations that the call has added.
    private var added: Set<String> = []

    /// The verbs of a call with this flaw; `inner` itself if the flaw does not concern the call.
    static func wrap(_ inner: any StoreTransaction, flaw: Flaw, _ call: StoreCall?) -> any StoreTransaction {
        switch (flaw, call) {
        case (.secondChild, .journal), (.changedOperation, .journal), (.blindSuspension, .attach):
            FlawedOperations(inner: inner, flaw: flaw)
        default: inner
        }
    }

    private init(inner: any StoreTransaction, flaw: Flaw) {
        self.inner = inner
        self.flaw = flaw
    }

    func operation(of row: JobRow, id: String) throws -> JournalOperation? {
        guard var operation = try inner.operation(of: row, id: id) else { return nil }
        switch (flaw, operation.type) {
        case (.secondChild, .job) where !added.contains(id): return nil
        case (.changedOperation, .step):
            operation.status = .started
        case (.blindSuspension, .timer), (.blindSuspension, .signal), (.blindSuspension, .job):
            operation.status = .waiting
        default: break
        }
        return operation
    }

    func insert(_ operation: JournalOperation, of row: JobRow) throws {
        added.insert(operation.id)
        try inner.insert(operation, of: row)
    }
}
