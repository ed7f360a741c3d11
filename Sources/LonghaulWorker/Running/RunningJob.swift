import LonghaulCore
import Synchronization

/// An attempt that this worker holds, from its lease to its report.
final class RunningJob: Sendable {
    /// Why the work was told to end before it was done.
    enum End: Sendable, Hashable {
        /// The attempt's time is up.
        case timeout
        /// The job was cancelled, or the lease was lost: nobody is to be told anything.
        case gone
        /// The worker stops.
        case shutdown
    }

    private struct State {
        var task: Task<Void, Never>?
        var end: End?
        var endedAt: ContinuousClock.Instant?
        var renewedAt: ContinuousClock.Instant
        var news: Progress?
        var latest: Progress?
        var isReported = false
        var isPaused = false
        /// Pauses the work and resumes it; nil for work that cannot be paused.
        var setPaused: (@Sendable (Bool) -> Void)?
    }

    let lease: Lease
    let handler: Handler
    let startedAt: ContinuousClock.Instant
    /// When the attempt's time is up.
    let deadline: ContinuousClock.Instant
    private let state: Mutex<State>

    init(lease: Lease, handler: Handler, timeoutSeconds: Double, now: ContinuousClock.Instant) {
        self.lease = lease
        self.handler = handler
        startedAt = now
        deadline = now + .seconds(timeoutSeconds)
        state = Mutex(State(renewedAt: now))
    }

    /// The task that does the work; told to end at once if the end came first.
    func attach(_ task: Task<Void, Never>) {
        let ended = state.withLock { state in
            state.task = task
            return state.end != nil
        }
        if ended { task.cancel() }
    }

    /// Tells the work to end. The first reason counts, except that a lost lease outweighs every other.
    func end(_ reason: End, at now: ContinuousClock.Instant) {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard state.end == nil || reason == .gone else { return nil }
            state.end = reason
            if state.endedAt == nil { state.endedAt = now }
            return state.task
        }
        task?.cancel()
    }

    /// Why the work was told to end; nil if it was not.
    var end: End? { state.withLock { $0.end } }

    /// Whether the work was told to end and has taken longer about it than it may.
    func isOverdue(at now: ContinuousClock.Instant) -> Bool {
        guard let endedAt = state.withLock({ $0.endedAt }) else { return false }
        return now - endedAt > .seconds(handler.endSeconds)
    }

    /// Whether the caller is the one to report the attempt: true once.
    func claimReport() -> Bool {
        state.withLock { state in
            defer { state.isReported = true }
            return !state.isReported
        }
    }

    func tell(_ progress: Progress) {
        state.withLock { state in
            state.news = progress
            state.latest = progress
        }
    }

    /// The progress that the work reported last, sent or not; nil if it reported none.
    var progress: Progress? { state.withLock(\.latest) }

    var hasNews: Bool { state.withLock { $0.news != nil } }

    /// The progress that has not been sent yet; it counts as sent.
    func takeNews() -> Progress? {
        state.withLock { state in
            defer { state.news = nil }
            return state.news
        }
    }

    /// Puts progress back that could not be sent, unless there is newer.
    func returnNews(_ progress: Progress?) {
        state.withLock { if $0.news == nil { $0.news = progress } }
    }

    func renewed(at instant: ContinuousClock.Instant) {
        state.withLock { $0.renewedAt = max($0.renewedAt, instant) }
    }

    /// For how long the lease has not been renewed, in seconds.
    func secondsSinceRenewal(at now: ContinuousClock.Instant) -> Double {
        (now - state.withLock { $0.renewedAt }) / .seconds(1)
    }

    /// Sets how the work is paused.
    func onPause(_ setPaused: @escaping @Sendable (Bool) -> Void) {
        let isPaused = state.withLock { state in
            state.setPaused = setPaused
            return state.isPaused
        }
        if isPaused { setPaused(true) }
    }

    /// Pauses the work or resumes it, if it can be paused. Returns whether that changed something.
    func pause(_ isPaused: Bool) -> Bool {
        let setPaused = state.withLock { state -> (@Sendable (Bool) -> Void)? in
            guard state.isPaused != isPaused else { return nil }
            state.isPaused = isPaused
            return state.setPaused
        }
        setPaused?(isPaused)
        return setPaused != nil
    }
}
