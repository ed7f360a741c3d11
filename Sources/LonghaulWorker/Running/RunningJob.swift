import LonghaulCore
import Synchronization

/// An attempt that this worker holds, from its lease to its report.
final class RunningJob: Sendable {
    /// The reason why the worker cancelled the work.
    enum End: Sendable, Hashable {
        /// The attempt timed out.
        case timeout
        /// The job was cancelled or the lease was lost. The worker reports nothing.
        case gone
        /// The worker is stopping.
        case shutdown
    }

    private struct State {
        var task: Task<Void, Never>?
        var end: End?
        var endedAt: ContinuousClock.Instant?
        var renewedAt: ContinuousClock.Instant
        var unsentProgress: Progress?
        var latestProgress: Progress?
        var isReported = false
        /// When the running program was paused; nil while it is not.
        var pausedAt: ContinuousClock.Instant?
        /// When the attempt times out.
        var deadline: ContinuousClock.Instant
    }

    let lease: Lease
    let handler: Handler
    let startedAt: ContinuousClock.Instant
    /// The timeout of the attempt, in seconds. Paused time does not count.
    let timeoutSeconds: Double
    private let state: Mutex<State>
    private let alarm: Alarm

    /// The maximum time before the worker sees new progress.
    private static let progressDelay = Duration.milliseconds(100)

    /// - Parameter alarm: wakes the worker for new progress.
    init(
        lease: Lease, handler: Handler, timeoutSeconds: Double, now: ContinuousClock.Instant, alarm: Alarm
    ) {
        self.alarm = alarm
        self.lease = lease
        self.handler = handler
        startedAt = now
        self.timeoutSeconds = timeoutSeconds
        state = Mutex(State(renewedAt: now, deadline: now + .seconds(timeoutSeconds)))
    }

    /// Sets the task of the work. Cancels it at once if ``end(_:at:)`` was called before.
    func attach(_ task: Task<Void, Never>) {
        let ended = state.withLock { state in
            state.task = task
            return state.end != nil
        }
        if ended { task.cancel() }
    }

    /// Cancels the work. The first reason counts, but ``End/gone`` replaces every other.
    func end(_ reason: End, at now: ContinuousClock.Instant) {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard state.end == nil || reason == .gone else { return nil }
            state.end = reason
            if state.endedAt == nil { state.endedAt = now }
            return state.task
        }
        task?.cancel()
    }

    /// The reason why the work was cancelled; nil if it was not.
    var end: End? { state.withLock { $0.end } }

    /// Whether the work is still running ``Handler/endSeconds`` after its cancellation.
    func isOverdue(at now: ContinuousClock.Instant) -> Bool {
        guard let endedAt = state.withLock({ $0.endedAt }) else { return false }
        return now - endedAt > .seconds(handler.endSeconds)
    }

    /// When the worker must check the attempt, if nothing changes until then; nil for never.
    ///
    /// - Parameters:
    ///   - lease: the time without a renewal after which a pausable handler is paused.
    ///   - outage: the further time without a renewal after which the attempt is abandoned.
    func nextCheck(lease: Duration, outage: Duration) -> ContinuousClock.Instant? {
        state.withLock { state in
            var first: ContinuousClock.Instant?
            func add(_ moment: ContinuousClock.Instant) { first = first.map { min($0, moment) } ?? moment }
            if state.end != .gone { add(state.renewedAt + lease + outage) }
            if state.end == nil, state.pausedAt == nil {
                add(state.deadline)
                if handler.isPausable { add(state.renewedAt + lease) }
            }
            if let endedAt = state.endedAt, !state.isReported {
                add(endedAt + .seconds(handler.endSeconds))
            }
            return first
        }
    }

    /// Claims the right to report the attempt: true for the first caller only.
    func claimReport() -> Bool {
        state.withLock { state in
            defer { state.isReported = true }
            return !state.isReported
        }
    }

    func report(_ progress: Progress) {
        let isFirst = state.withLock { state in
            defer { state.unsentProgress = progress }
            state.latestProgress = progress
            return state.unsentProgress == nil
        }
        if isFirst { alarm.plan(alarm.clock.now + Self.progressDelay) }
    }

    /// The latest progress of the work, sent or not; nil if there is none.
    var progress: Progress? { state.withLock(\.latestProgress) }

    var hasUnsentProgress: Bool { state.withLock { $0.unsentProgress != nil } }

    /// Removes and returns the progress that has not been sent.
    func takeUnsentProgress() -> Progress? {
        state.withLock { state in
            defer { state.unsentProgress = nil }
            return state.unsentProgress
        }
    }

    /// Restores progress that could not be sent, unless there is a newer one.
    func restoreUnsentProgress(_ progress: Progress?) {
        state.withLock { if $0.unsentProgress == nil { $0.unsentProgress = progress } }
    }

    func renewed(at instant: ContinuousClock.Instant) {
        state.withLock { $0.renewedAt = max($0.renewedAt, instant) }
    }

    /// The time since the last renewal of the lease, in seconds.
    func secondsSinceRenewal(at now: ContinuousClock.Instant) -> Double {
        (now - state.withLock { $0.renewedAt }) / .seconds(1)
    }

    /// Whether the handler must pause its work. Only handlers with ``Handler/isPausable`` check it.
    var isPaused: Bool { state.withLock { $0.pausedAt != nil } }

    /// Pauses or resumes the work, if its handler is pausable. Paused time extends the deadline.
    ///
    /// - Returns: whether the state changed.
    func pause(_ isPaused: Bool, at now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            guard handler.isPausable, isPaused != (state.pausedAt != nil) else { return false }
            if let pausedAt = state.pausedAt { state.deadline += now - pausedAt }
            state.pausedAt = isPaused ? now : nil
            return true
        }
    }

    /// Whether the attempt has timed out. A paused attempt does not time out.
    func isTimedOut(at now: ContinuousClock.Instant) -> Bool {
        state.withLock { $0.pausedAt == nil && now >= $0.deadline }
    }
}
