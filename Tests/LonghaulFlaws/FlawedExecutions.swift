import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Changes what the rules of executions read and remove, so that they go wrong. See ``Flaw/blindWait``, ``Flaw/openName``,
/// ``Flaw/openTask`` and ``Flaw/keptRecords``.
final class FlawedExecutions: VerbWrapper {
    let inner: any StoreTransaction
    private let flaw: Flaw
    /// The number of reports that the call handles.
    private let handled: Int

    /// The verbs of a call with this flaw; `inner` itself if the flaw does not concern the call.
    static func wrap(_ inner: any StoreTransaction, flaw: Flaw, _ call: StoreCall?) -> any StoreTransaction {
        switch (flaw, call) {
        case (.blindWait, .advance(_, let advance)):
            FlawedExecutions(inner: inner, flaw: flaw, handled: advance.handledReports.count)
        case (.openName, .write), (.openTask, .report), (.keptRecords, .operate), (.keptRecords, .maintain):
            FlawedExecutions(inner: inner, flaw: flaw)
        default: inner
        }
    }

    private init(inner: any StoreTransaction, flaw: Flaw, handled: Int = 0) {
        self.inner = inner
        self.flaw = flaw
        self.handled = handled
    }

    func row(_ id: JobID) throws -> JobRow? {
        var row = try inner.row(id)
        if flaw == .blindWait { row?.reports.count = handled }
        return row
    }

    func record(_ key: RecordKey) throws -> KeyedRecord? {
        flaw == .openName ? nil : try inner.record(key)
    }

    func removeRecord(_ key: RecordKey) throws {
        if flaw != .openTask { try inner.removeRecord(key) }
    }

    func removeRecords(of id: JobID, in spaces: [RecordSpace], weight: Int) throws -> Int {
        flaw == .keptRecords ? 0 : try inner.removeRecords(of: id, in: spaces, weight: weight)
    }
}
