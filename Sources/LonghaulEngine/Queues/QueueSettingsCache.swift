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
        /// The number of changes by this server.
        var revision = 0
    }

    private let state = Mutex(State())

    /// The queues whose settings a read has changed.
    struct Difference: Sendable {
        /// The queues with other settings than before.
        var changed: [String: QueueSettings] = [:]
        /// The queues that do not exist any more.
        var removed: [String] = []
    }

    /// The number of changes by this server. A read of the store begins with it, for ``replace(with:_:since:)``.
    var revision: Int { state.withLock(\.revision) }

    /// Replaces the settings by the contents of the store.
    ///
    /// - Parameter revision: the revision when the read began. If this server has changed settings since, the read may have
    ///   missed that change: then nothing changes, and the result is nil.
    func replace(
        with records: [QueueRecord], _ table: RoutingTable, since revision: Int
    ) -> Difference? {
        let settings = Dictionary(records.map { ($0.name, $0.settings) }, uniquingKeysWith: { $1 })
        return state.withLock { state in
            guard state.revision == revision else { return nil }
            let difference = Difference(
                changed: settings.filter { state.settings[$0.key] != $0.value },
                removed: state.settings.keys.filter { settings[$0] == nil }.sorted())
            state.settings = settings
            state.bounded = Set(settings.filter { $0.value.maxConcurrency != nil }.keys)
            state.table = table
            return difference
        }
    }

    /// The settings of a queue; nil if the queue is unknown.
    func settings(of name: String) -> QueueSettings? {
        state.withLock { $0.settings[name] }
    }

    func set(_ name: String, _ settings: QueueSettings) {
        state.withLock { state in
            state.revision += 1
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
            state.revision += 1
            for name in names {
                state.settings[name] = nil
                state.bounded.remove(name)
            }
        }
    }

    func set(_ table: RoutingTable) {
        state.withLock { state in
            state.revision += 1
            state.table = table
        }
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
