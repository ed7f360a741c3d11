import LonghaulCore
import LonghaulJSON
import Synchronization

/// The latest known settings of queues and routing table, so that a submission does not query the store for them.
final class QueueSettingsCache: Sendable {
    private struct State {
        var settings: [String: QueueSettings] = [:]
        /// The queues with `max_concurrency`.
        var bounded: Set<String> = []
        var table = RoutingTable()
    }

    private let state = Mutex(State())

    /// Adds the contents of the store.
    func load(_ records: [QueueRecord], _ table: RoutingTable) {
        set(table)
        for record in records { set(record.name, record.settings) }
    }

    /// The settings of a queue; nil if the queue is unknown.
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

    /// Removes queues.
    func remove(_ names: some Sequence<String>) {
        state.withLock { state in
            for name in names {
                state.settings[name] = nil
                state.bounded.remove(name)
            }
        }
    }

    /// The names of the known queues.
    var names: Set<String> { state.withLock { Set($0.settings.keys) } }

    func set(_ table: RoutingTable) {
        state.withLock { $0.table = table }
    }

    /// Whether a queue is paused.
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

    /// A router with the current settings.
    var router: Router {
        state.withLock { Router(table: $0.table, settings: $0.settings) }
    }
}

/// Chooses the queues of submissions.
struct Router: Sendable {
    var table = RoutingTable()
    var settings: [String: QueueSettings] = [:]

    /// The queue of a job: the named queue if the job is not too large for it, else the queue of the first matching rule of
    /// the routing table. A job that names no queue and matches no rule goes to `default`.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` at `/size` if the job is too large for these queues.
    func queue(for job: NewJob) throws(LonghaulError) -> String {
        let named = job.spec.queue
        let fits = settings[named]?.takes(size: job.spec.size) ?? true
        if fits, !job.isRouted { return named }
        if let queue = table.queue(for: job.spec, settings: { settings[$0] }) { return queue }
        if fits { return named }
        let maxSize = settings[named]?.maxSize ?? 0
        throw .invalid(
            JSONPointer.root.appending("size"),
            "the maximum size of a job in queue \"\(named)\" is \(maxSize), and no rule of the routing table matches the job"
        )
    }
}
