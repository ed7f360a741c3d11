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

    /// Tells of changes that this server committed.
    func tell(_ changes: [JobChange]) {
        state.withLock { state in
            if state.latest.count > Self.memory { state.latest = [:] }
            for change in changes { state.latest[change.jobID] = change.version }
            return state.observer
        }?.tell(changes)
    }

    /// Tells of changes that another server committed, but for those that this server has overtaken.
    func tell(foreign changes: [JobChange]) {
        state.withLock { state -> (observer: Observer, news: [JobChange])? in
            let news = changes.filter { change in
                state.latest[change.jobID].map { change.version >= $0 } ?? true
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
