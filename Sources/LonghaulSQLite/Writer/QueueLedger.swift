import LonghaulCore

/// Every queue's settings and counts by state, held in memory by the writer and written once a transaction.
/// What a transaction that failed has changed is put back.
final class QueueLedger {
    /// A queue's settings, and how many of its jobs stand in each state, by the state's code.
    struct Entry {
        var settings = QueueSettings()
        var counts = [Int](repeating: 0, count: JobState.byCode.count)

        /// How many jobs count against `max_waiting`.
        var waiting: Int {
            JobState.byCode.reduce(0) { $0 + ($1.isWaiting ? counts[$1.code] : 0) }
        }

        /// The facts of the queue of this name.
        func record(_ name: String) -> QueueRecord {
            var byState: [JobState: Int] = [:]
            for state in JobState.byCode where counts[state.code] != 0 { byState[state] = counts[state.code] }
            return QueueRecord(name: name, settings: settings, counts: byState)
        }
    }

    /// What to put back: each changed queue as it was, nil for one that was not there.
    typealias Undo = [String: Entry?]

    private var entries: [String: Entry] = [:]
    private var changed: Undo = [:]

    static let columns = """
        name, max_depth, max_waiting, paused, max_concurrency, scheduled, blocked, pending, processing, \
        retrying, completed, failed, cancelled
        """
    private static let all = Query("SELECT \(columns) FROM queues")
    private static let save = Query(
        "INSERT OR REPLACE INTO queues (\(columns)) VALUES "
            + "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")

    /// Reads every queue.
    init(_ connection: Connection) throws {
        for (name, entry) in try connection.all(Self.all, read: Self.read) { entries[name] = entry }
    }

    /// Reads the present row of a statement that selects `columns`.
    static func read(_ row: Statement) -> (String, Entry) {
        var entry = Entry()
        entry.settings = QueueSettings(
            maxDepth: row.optionalInt64(1).map { Int($0) }, maxWaiting: row.optionalInt64(2).map { Int($0) },
            paused: row.int(3) != 0, maxConcurrency: row.optionalInt64(4).map { Int($0) })
        entry.counts = (0..<8).map { row.int(5 + $0) }
        return (row.text(0), entry)
    }

    /// The queue as it stands in the present transaction.
    func entry(_ name: String) -> Entry {
        entries[name] ?? Entry()
    }

    /// Whether the queue has ever been used.
    func isKnown(_ name: String) -> Bool {
        entries[name] != nil
    }

    /// Changes a queue, which comes into being if it is new.
    func change(_ name: String, _ body: (inout Entry) -> Void) {
        if changed[name] == nil { changed.updateValue(entries[name], forKey: name) }
        body(&entries[name, default: Entry()])
    }

    /// Writes what the transaction changed.
    func save(to connection: Connection) throws {
        for name in changed.keys {
            let entry = entry(name)
            let settings = entry.settings
            try connection.run(
                Self.save,
                [
                    .text(name), .int(settings.maxDepth), .int(settings.maxWaiting), .bool(settings.paused),
                    .int(settings.maxConcurrency),
                ] + entry.counts.map { .int($0) })
        }
    }

    /// Keeps what the transaction changed.
    func commit() {
        changed.removeAll(keepingCapacity: true)
    }

    /// Puts back what the transaction changed.
    func rollBack() {
        restore(changed)
        changed.removeAll(keepingCapacity: true)
    }

    /// The changed queues as they now stand, for `rollBack(to:)`.
    var savepoint: Undo {
        Dictionary(uniqueKeysWithValues: changed.keys.map { ($0, entries[$0]) })
    }

    /// Puts back what was changed after the savepoint.
    func rollBack(to savepoint: Undo) {
        let later = changed.filter { savepoint[$0.key] == nil }
        restore(later)
        for name in later.keys { changed.removeValue(forKey: name) }
        restore(savepoint)
    }

    private func restore(_ undo: Undo) {
        for (name, entry) in undo { entries[name] = entry }
    }
}
