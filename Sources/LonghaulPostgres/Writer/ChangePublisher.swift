import LonghaulCore
import Synchronization

/// Passes changes to the observer, local and remote ones, each job's in the order of its versions.
final class ChangePublisher: Sendable {
    /// The observer of changes. A closure that is stored in the lock by itself is wrapped again each time it is read.
    private struct Observer {
        let observe: @Sendable (ChangeBatch) -> Void
    }

    private struct SettingsObserver {
        let observe: @Sendable () -> Void
    }

    private struct MissedWorkObserver {
        let observe: @Sendable (MissedWork) -> Void
    }

    private struct State {
        var observer: Observer?
        var settingsObserver: SettingsObserver?
        var missedWorkObserver: MissedWorkObserver?
        /// The latest published versions of jobs that this server changed.
        var latest: [JobID: Int] = [:]
        /// The jobs whose local changes are about to be published.
        var held: Set<JobID> = []
        /// Remote changes of those jobs.
        var heldRemote: [ChangeBatch] = []
        /// The jobs that a separate transaction of this server changes.
        var separate: Set<JobID> = []
        /// Changes of those jobs by other transactions of this server.
        var heldLocal: [ChangeBatch] = []
    }

    /// The maximum number of jobs in `State.latest`.
    private static let maxLatest = 20_000

    private let state = Mutex(State())

    /// Sets the observer of changes.
    func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) {
        state.withLock { $0.observer = Observer(observe: observer) }
    }

    /// Sets the observer of settings that other servers change.
    func observeSettings(_ observer: @escaping @Sendable () -> Void) {
        state.withLock { $0.settingsObserver = SettingsObserver(observe: observer) }
    }

    /// Sets the observer of work that no change announces.
    func observeMissedWork(_ observer: @escaping @Sendable (MissedWork) -> Void) {
        state.withLock { $0.missedWorkObserver = MissedWorkObserver(observe: observer) }
    }

    /// Publishes that there may be work that no change announces.
    func publish(_ work: MissedWork) {
        state.withLock(\.missedWorkObserver)?.observe(work)
    }

    /// Publishes that other servers have, or may have, changed settings.
    func publishSettingsChange() {
        state.withLock(\.settingsObserver)?.observe()
    }

    /// Holds back remote changes of these jobs until the local changes are published. Another server may see a local
    /// change, act on it, and notify this server before this server's committer has published the local change. The
    /// caller must call ``release(_:isSeparate:)`` afterwards.
    ///
    /// - Parameter isSeparate: whether the changes are those of a separate transaction. Changes of the same jobs by
    ///   other transactions of this server are then held back too.
    func hold(_ changes: [JobChange], isSeparate: Bool = false) {
        state.withLock { state in
            state.held.formUnion(changes.lazy.map(\.jobID))
            if isSeparate { state.separate.formUnion(changes.lazy.map(\.jobID)) }
        }
    }

    /// Publishes changes that this server committed.
    func publish(_ batch: ChangeBatch, isSeparate: Bool = false) {
        let (observer, batch) = state.withLock { state in
            var batch = batch
            if !isSeparate, !state.separate.isEmpty {
                var held = batch
                held.changes.removeAll { !state.separate.contains($0.jobID) }
                if !held.changes.isEmpty { state.heldLocal.append(held) }
                batch.changes.removeAll { state.separate.contains($0.jobID) }
            }
            if state.latest.count > Self.maxLatest { state.latest = [:] }
            for change in batch.changes { state.latest[change.jobID] = change.version }
            return (state.observer, batch)
        }
        if !batch.changes.isEmpty { observer?.observe(batch) }
    }

    /// Publishes the changes that were held back behind these, which are published or have failed.
    func release(_ changes: [JobChange], isSeparate: Bool = false) {
        if isSeparate {
            // Later changes of the same jobs are held back until all of these are published.
            while let batches = takeHeldLocal() {
                for batch in batches { publish(batch, isSeparate: true) }
            }
        }
        let batches = state.withLock { state in
            state.held.subtract(changes.lazy.map(\.jobID))
            defer { state.heldRemote = [] }
            return state.heldRemote
        }
        for batch in batches { publishRemote(batch) }
    }

    /// The local changes that were held back; nil if there are none. Then no more are held back.
    private func takeHeldLocal() -> [ChangeBatch]? {
        state.withLock { state in
            if state.heldLocal.isEmpty {
                state.separate = []
                return nil
            }
            defer { state.heldLocal = [] }
            return state.heldLocal
        }
    }

    /// Publishes changes that another server committed, except those that are older than a published local change.
    func publishRemote(_ batch: ChangeBatch) {
        let (observer, batch) = state.withLock { state in
            var held = batch
            held.changes = []
            var batch = batch
            batch.changes.removeAll { change in
                if let latest = state.latest[change.jobID], change.version < latest { return true }
                guard state.held.contains(change.jobID) else { return false }
                held.changes.append(change)
                return true
            }
            if !held.changes.isEmpty { state.heldRemote.append(held) }
            return (state.observer, batch)
        }
        if !batch.changes.isEmpty { observer?.observe(batch) }
    }
}
