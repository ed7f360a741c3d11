import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Runs maintenance when it is due: fires schedules, makes due jobs pending, ends expired leases and deletes old jobs.
final class MaintenanceLoop: BackgroundLoop, ChangeObserver {
    /// The maximum number of jobs, leases and keys of each kind in one transaction.
    private static let limit = 200

    private struct State {
        var plannedAt = Timestamp.distantFuture
        var wake: Event<Bool>?
    }

    private let store: any JobStore
    private let cleaner: ArtifactCleaner
    private let scheduler: Scheduler
    private let time: any TimeSource
    private let intervalSeconds: Double
    let background = BackgroundTask()
    private let state = Mutex(State())

    init(
        store: any JobStore, cleaner: ArtifactCleaner, scheduler: Scheduler, time: any TimeSource,
        intervalSeconds: Double
    ) {
        self.store = store
        self.cleaner = cleaner
        self.scheduler = scheduler
        self.time = time
        self.intervalSeconds = intervalSeconds
    }

    /// Plans a round for the earliest time at which a scheduled or retrying job is due, or a job that has not started
    /// expires.
    func observe(_ batch: ChangeBatch) {
        var first = Timestamp.distantFuture
        for change in batch.changes {
            switch change.state {
            case .suspended where change.runAt > change.at: first = min(first, change.runAt)
            case .scheduled, .retrying: first = min(first, change.runAt, change.expiresAt ?? first)
            case .blocked, .pending: first = min(first, change.expiresAt ?? first)
            case .processing, .suspended, .completed, .failed, .cancelled: break
            }
        }
        plan(first)
    }

    /// Makes a round run at this time or earlier.
    func plan(_ moment: Timestamp) {
        let wake = state.withLock { state -> Event<Bool>? in
            guard moment < state.plannedAt else { return nil }
            state.plannedAt = moment
            return state.wake
        }
        wake?.fire(true)
    }

    func run() async {
        while !Task.isCancelled {
            state.withLock { state in
                state.plannedAt = .distantFuture
                state.wake = nil
            }
            let next = min(await scheduler.round(), await round())
            // A plan that was made during the round stays, because `plan` only moves the next round to an earlier time.
            plan(next)
            await waitForPlan()
        }
    }

    /// Waits until the planned time, at most for the interval. After the clock was set back, the planned time may be far
    /// in the future.
    private func waitForPlan() async {
        let deadline = time.steadySeconds() + intervalSeconds
        while !Task.isCancelled {
            let wake = Event<Bool>()
            let planned = state.withLock { state in
                state.wake = wake
                return state.plannedAt
            }
            let now = time.now()
            let seconds = min(planned.seconds(since: now), deadline - time.steadySeconds())
            guard seconds > 0 else { return }
            // A wake-up says that the plan has moved to an earlier time, which may still be in the future.
            let isWoken = (try? await wake.wait(until: now.adding(seconds: seconds), time: time)) ?? false
            guard isWoken else { return }
        }
    }

    /// Runs one round. Returns the time of the next one.
    func round() async -> Timestamp {
        do {
            let done = try await store.maintain(limit: Self.limit)
            cleaner.removeAll(of: done.purgedWithArtifacts)
            let now = time.now()
            if done.hasMore { return now }
            // A duration, not a time: if the store's clock is behind this one, its next time may be in the past here.
            return now.adding(seconds: min(done.secondsUntilNext ?? intervalSeconds, intervalSeconds))
        } catch {
            // The store does not answer. The calls of workers and clients report this; the loop tries again.
            return time.now().adding(seconds: 1)
        }
    }
}
