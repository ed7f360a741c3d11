import LonghaulCore
import Synchronization

/// Tells the observer of changes, this server's and those of others, each job's in the order of its versions.
final class Teller: Sendable {
    /// Who is told of changes. A closure that lay in the lock by itself would be wrapped anew each time it is
    /// taken out.
    private struct Observer {
        let tell: @Sendable ([JobChange]) -> Void
    }

    private struct SettingsObserver {
        let tell: @Sendable () -> Void
    }

    private struct State {
        var observer: Observer?
        var settingsObserver: SettingsObserver?
        /// The latest version told of jobs that this server changed while others listen in, oldest first.
        var latest: [JobID: Int] = [:]
        /// The jobs of which this server is about to tell something.
        var awaited: Set<JobID> = []
        /// What others changed of those meanwhile.
        var heldBack: [JobChange] = []
        /// The jobs that a separate transaction of this server changes.
        var separate: Set<JobID> = []
        /// What other transactions of this server changed of those meanwhile.
        var heldBackOwn: [JobChange] = []
    }

    /// How many jobs are remembered.
    private static let memory = 20_000

    private let state = Mutex(State())

    /// Sets who is told.
    func observe(_ observer: @escaping @Sendable ([JobChange]) -> Void) {
        state.withLock { $0.observer = Observer(tell: observer) }
    }

    /// Sets who is told that others have set something.
    func observeSettings(_ observer: @escaping @Sendable () -> Void) {
        state.withLock { $0.settingsObserver = SettingsObserver(tell: observer) }
    }

    /// Tells that others have set something, or may have.
    func tellOfSettings() {
        state.withLock(\.settingsObserver)?.tell()
    }

    /// Holds back what others change of these jobs until this server's own changes are published: another server may
    /// learn of a change, act on it, and be heard here before this server's own threads have gone on. Must be followed by
    /// `settle`.
    ///
    /// - Parameter isSeparate: whether the changes are those of a separate transaction. What other transactions of this
    ///   server change of the same jobs is then held back too.
    func expect(_ changes: [JobChange], isSeparate: Bool = false) {
        state.withLock { state in
            state.awaited.formUnion(changes.lazy.map(\.jobID))
            if isSeparate { state.separate.formUnion(changes.lazy.map(\.jobID)) }
        }
    }

    /// Publishes changes that this server committed.
    func tell(_ changes: [JobChange], isSeparate: Bool = false) {
        let (observer, changes) = state.withLock { state in
            var now = changes
            if !isSeparate, !state.separate.isEmpty {
                state.heldBackOwn += changes.filter { state.separate.contains($0.jobID) }
                now.removeAll { state.separate.contains($0.jobID) }
            }
            if state.latest.count > Self.memory { state.latest = [:] }
            for change in now { state.latest[change.jobID] = change.version }
            return (state.observer, now)
        }
        if !changes.isEmpty { observer?.tell(changes) }
    }

    /// Publishes what was held back, now that these changes are published or have failed.
    func settle(_ changes: [JobChange], isSeparate: Bool = false) {
        if isSeparate {
            // Until all of it is published, what comes behind it is held back too.
            while let own = takeHeldBackOwn() { tell(own, isSeparate: true) }
        }
        let held = state.withLock { state in
            state.awaited.subtract(changes.lazy.map(\.jobID))
            defer { state.heldBack = [] }
            return state.heldBack
        }
        if !held.isEmpty { tell(foreign: held) }
    }

    /// What was held back of this server's changes; nil if nothing is left, and nothing is held back any more.
    private func takeHeldBackOwn() -> [JobChange]? {
        state.withLock { state in
            if state.heldBackOwn.isEmpty {
                state.separate = []
                return nil
            }
            defer { state.heldBackOwn = [] }
            return state.heldBackOwn
        }
    }

    /// Tells of changes that another server committed, but for those that this server has overtaken.
    func tell(foreign changes: [JobChange]) {
        state.withLock { state -> (observer: Observer, news: [JobChange])? in
            var news: [JobChange] = []
            for change in changes where state.latest[change.jobID].map({ change.version >= $0 }) ?? true {
                if state.awaited.contains(change.jobID) {
                    state.heldBack.append(change)
                } else {
                    news.append(change)
                }
            }
            return state.observer.map { ($0, news) }
        }.map { $0.observer.tell($0.news) }
    }
}

/// Jobs that other servers made wait for a worker, on their way to the writer.
final class News: Sendable {
    private let notes = Mutex<[JobChange]>([])
    private let gap = Atomic(false)
    private let due = Mutex<Timestamp?>(nil)

    /// Leaves what others changed.
    func put(_ changes: [JobChange]) {
        let new = changes.filter { $0.state == .pending }
        if !new.isEmpty { notes.withLock { $0 += new } }
        let earliest = changes.filter { $0.state == .scheduled || $0.state == .retrying }.map(\.runAt).min()
        if let earliest { due.withLock { $0 = min($0 ?? earliest, earliest) } }
    }

    /// Notes that something may have been missed.
    func noteGap() {
        gap.store(true, ordering: .releasing)
    }

    /// Whether something may have been missed; once.
    func takeGap() -> Bool {
        gap.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// Takes everything.
    func take() -> [JobChange] {
        notes.withLock { notes in
            defer { notes = [] }
            return notes
        }
    }

    /// Takes the earliest moment at which something that others wrote comes due.
    func takeDue() -> Timestamp? {
        due.withLock { due in
            defer { due = nil }
            return due
        }
    }
}
