import LonghaulCore
import Synchronization

/// An attempt that this worker holds, from its lease to its report.
final class RunningJob: Sendable {
    /// Why the work was told to end before it was done.
    enum End: Sendable, Hashable {
        /// The attempt timed out.
        case timeout
        /// The job was cancelled, or the lease was lost: the worker reports nothing.
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
        /// When the running program was paused; nil while it is not.
        var pausedAt: ContinuousClock.Instant?
        /// When the attempt times out.
        var deadline: ContinuousClock.Instant
    }

    let lease: Lease
    let handler: Handler
    let startedAt: ContinuousClock.Instant
    /// How long the attempt may run, in seconds, not counting the time while it is paused.
    let timeoutSeconds: Double
    private let state: Mutex<State>

    init(lease: Lease, handler: Handler, timeoutSeconds: Double, now: ContinuousClock.Instant) {
        self.lease = lease
        self.handler = handler
        startedAt = now
        self.timeoutSeconds = timeoutSeconds
        state = Mutex(State(renewedAt: now, deadline: now + .seconds(timeoutSeconds)))
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

    /// Whether the handler is to keep its work stopped. Handlers whose work can be paused check it.
    var isPaused: Bool { state.withLock { $0.pausedAt != nil } }

    /// Pauses or resumes the work, if its handler can. The time while it is paused extends the deadline.
    ///
    /// - Returns: whether that changed something.
    func pause(_ isPaused: Bool, at now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            guard handler.isPausable, isPaused != (state.pausedAt != nil) else { return false }
            if let pausedAt = state.pausedAt { state.deadline += now - pausedAt }
            state.pausedAt = isPaused ? now : nil
            return true
        }
    }

    /// Whether the attempt has timed out. Paused work does not.
    func isTimedOut(at now: ContinuousClock.Instant) -> Bool {
        state.withLock { $0.pausedAt == nil && now >= $0.deadline }
    }
}
