import LonghaulCore
import LonghaulJSON
import Synchronization

/// The settings of queues and the routing table as this engine last saw them, so that submissions need not
/// ask the store.
final class QueueBook: Sendable {
    private struct State {
        var settings: [String: QueueSettings] = [:]
        /// The queues with `max_concurrency`.
        var bounded: Set<String> = []
        var table = RoutingTable()
    }

    private let state = Mutex(State())

    /// Notes what the store keeps.
    func load(_ records: [QueueRecord], _ table: RoutingTable) {
        set(table)
        for record in records { set(record.name, record.settings) }
    }

    /// A queue's settings; nil if it is not known.
    func settings(of name: String) -> QueueSettings? {
        state.withLock { $0.settings[name] }
    }

    func set(_ name: String, _ settings: QueueSettings) {
        state.withLock { state in
            state.settings[name] = settings
            if settings.maxConcurrency == nil {
                state.bounded.remove(name)
            } else {
                state.bounded.insert(name)
            }
        }
    }

    /// Drops queues that were removed.
    func forget(_ names: some Sequence<String>) {
        state.withLock { state in
            for name in names {
                state.settings[name] = nil
                state.bounded.remove(name)
            }
        }
    }

    /// The queues that are known.
    var names: Set<String> { state.withLock { Set($0.settings.keys) } }

    func set(_ table: RoutingTable) {
        state.withLock { $0.table = table }
    }

    /// Whether a queue gives nothing out.
    func isPaused(_ name: String) -> Bool {
        state.withLock { $0.settings[name]?.paused ?? false }
    }

    /// The queues with `max_concurrency` in which these changes ended an attempt, so that another job may start.
    func queuesWithRoom(after changes: [JobChange]) -> Set<String> {
        let bounded = state.withLock(\.bounded)
        if bounded.isEmpty { return [] }
        return Set(changes.lazy.filter { $0.previous == .processing && $0.state != .processing }.map(\.queue))
            .intersection(bounded)
    }

    /// Where submissions go now.
    var router: Router {
        state.withLock { Router(table: $0.table, settings: $0.settings) }
    }
}

/// Chooses the queues of submissions.
struct Router: Sendable {
    var table = RoutingTable()
    var settings: [String: QueueSettings] = [:]

    /// The queue of a request: the one it names, if that takes its size, or else the first that fits by the
    /// routing table. One that names none and fits no rule goes to `default`.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` at `/size` if no queue takes it.
    func queue(for job: NewJob) throws(LonghaulError) -> String {
        let named = job.spec.queue
        let isTaken = settings[named]?.takes(size: job.spec.size) ?? true
        if isTaken, !job.isRouted { return named }
        if let queue = table.queue(for: job.spec, settings: { settings[$0] }) { return queue }
        if isTaken { return named }
        let most = settings[named]?.maxSize ?? 0
        throw .invalid(
            JSONPointer.root.appending("size"),
            "the queue \(named) takes jobs of a size up to \(most), and no rule of the routing table leads to another"
        )
    }
}
