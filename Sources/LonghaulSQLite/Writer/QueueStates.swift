import LonghaulCore
import LonghaulStore

/// The settings and counts of all queues, in the writer's memory. Each transaction writes its changes once; a failed
/// transaction restores them.
final class QueueStates {
    /// The queues before a change; nil for a queue that did not exist.
    typealias Undo = [String: QueueState?]

    private var entries: [String: QueueState] = [:]
    private var changed: Undo = [:]
    /// The round robin of partitioned queues.
    var turns = PartitionTurns()
    /// The number of pending jobs in all queues.
    private(set) var pending = 0
    /// The positions of the partition sorter. They are not stored: after a restart and after a failed transaction,
    /// sorting begins again.
    var sortingPlaces: [String: PartitionSorter.Place] = [:]

    private static let all = Query("SELECT \(QueueState.columnNames) FROM queues")

    /// Reads every queue.
    init(_ connection: Connection) throws {
        for (name, entry) in try connection.all(Self.all, read: QueueState.read) {
            entries[name] = entry
            pending += entry.counts[.pending]
        }
    }

    /// The queue in the current transaction; nil if there is none.
    subscript(_ name: String) -> QueueState? { entries[name] }

    /// Changes a queue. A new queue is created.
    func change(_ name: String, _ body: (inout QueueState) -> Void) {
        if changed[name] == nil { changed.updateValue(entries[name], forKey: name) }
        let before = entries[name]?.counts[.pending] ?? 0
        body(&entries[name, default: QueueState()])
        pending += (entries[name]?.counts[.pending] ?? 0) - before
    }

    /// Removes a queue that has no jobs.
    func remove(_ name: String) {
        if changed[name] == nil { changed.updateValue(entries[name], forKey: name) }
        pending -= entries[name]?.counts[.pending] ?? 0
        entries[name] = nil
        sortingPlaces[name] = nil
    }

    /// The number of queues.
    var count: Int { entries.count }

    /// The queues that can be removed without loss; at most `limit`.
    func unused(since moment: Timestamp, except kept: Set<String>, limit: Int) -> [String] {
        Array(
            entries.lazy.filter { name, entry in
                entry.isUnused(since: moment, isKept: kept.contains(name))
            }.map(\.key).prefix(limit))
    }

    private static let delete = Query("DELETE FROM queues WHERE name = ?1")

    /// Writes what the transaction changed.
    func write(to connection: Connection) throws {
        for name in changed.keys {
            if let entry = entries[name] {
                try connection.run(QueueState.save, entry.values(name))
            } else {
                try connection.run(Self.delete, .text(name))
            }
        }
    }

    /// The names of the queues whose pending jobs are still being sorted into partitions.
    var sorting: [String] { entries.filter(\.value.isSorting).keys.sorted() }

    /// Commits the changes of the transaction.
    func commit() {
        changed.removeAll(keepingCapacity: true)
    }

    /// Undoes the changes of the transaction.
    func rollBack() {
        restore(changed)
        changed.removeAll(keepingCapacity: true)
        sortingPlaces = [:]
    }

    /// The changed queues in their current state, for `rollBack(to:)`.
    var savepoint: Undo {
        Dictionary(uniqueKeysWithValues: changed.keys.map { ($0, entries[$0]) })
    }

    /// Undoes the changes after the savepoint.
    func rollBack(to savepoint: Undo) {
        let later = changed.filter { savepoint[$0.key] == nil }
        restore(later)
        for name in later.keys { changed.removeValue(forKey: name) }
        restore(savepoint)
    }

    private func restore(_ undo: Undo) {
        for (name, entry) in undo {
            pending += (entry?.counts[.pending] ?? 0) - (entries[name]?.counts[.pending] ?? 0)
            entries[name] = entry
        }
    }
}
