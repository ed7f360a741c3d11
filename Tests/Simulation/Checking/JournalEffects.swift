import LonghaulCore
import LonghaulFlaws
import LonghaulJSON
import LonghaulStore

/// What a transaction stores of a job's journal and signals.
struct JournalEffect {
    /// The fields of a job's row that only durable jobs use.
    struct Row {
        var isPaused: Bool
        var waitsFor: [String]
        var payload: JSONText
    }

    enum Change {
        case insert(JournalOperation)
        case update(JournalOperation)
        case remove(from: Int64)
        case signal(StoredSignal)
        case consume(signal: Int64, by: Int64)
        case keep(consumedFrom: Int64)
        case removeConsumed
        case row(Row)
    }

    let job: JobID
    let change: Change
}

/// A transaction that records what it stores of journals.
protocol JournalRecorder: VerbWrapper {
    func record(_ effect: JournalEffect)
}

extension JournalRecorder {
    private func record(_ row: JobRow, _ change: JournalEffect.Change) {
        record(JournalEffect(job: row.job.id, change: change))
    }

    private func record(_ row: JobRow) {
        guard row.job.spec.kind == ProcessScript.kind else { return }
        let fields = JournalEffect.Row(
            isPaused: row.job.isPaused, waitsFor: row.job.waitsFor.map(\.id), payload: row.job.spec.payload)
        record(row, .row(fields))
    }

    func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) throws {
        try willCall()
        record(row)
        try inner.update(row, from: previous, fault: fault)
    }
    func update(_ row: JobRow) throws {
        try willCall()
        record(row)
        try inner.update(row)
    }
    func updateJournal(of row: JobRow) throws {
        try willCall()
        record(row)
        try inner.updateJournal(of: row)
    }
    func insert(_ operation: JournalOperation, of row: JobRow) throws {
        try willCall()
        record(row, .insert(operation))
        try inner.insert(operation, of: row)
    }
    func update(_ operation: JournalOperation, of row: JobRow) throws {
        try willCall()
        record(row, .update(operation))
        try inner.update(operation, of: row)
    }
    func removeOperations(of row: JobRow, from number: Int64) throws {
        try willCall()
        record(row, .remove(from: number))
        try inner.removeOperations(of: row, from: number)
    }
    func insert(_ signal: StoredSignal, of row: JobRow) throws {
        try willCall()
        record(row, .signal(signal))
        try inner.insert(signal, of: row)
    }
    func consume(_ signal: StoredSignal, by number: Int64, of row: JobRow) throws {
        try willCall()
        record(row, .consume(signal: signal.number, by: number))
        try inner.consume(signal, by: number, of: row)
    }
    func keepSignals(of row: JobRow, consumedFrom number: Int64) throws {
        try willCall()
        record(row, .keep(consumedFrom: number))
        try inner.keepSignals(of: row, consumedFrom: number)
    }
    func removeConsumedSignals(of row: JobRow) throws {
        try willCall()
        record(row, .removeConsumed)
        try inner.removeConsumedSignals(of: row)
    }
}
