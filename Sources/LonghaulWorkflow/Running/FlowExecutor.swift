import Synchronization

/// Runs the code of a durable job on the thread that calls ``drain()``, one piece at a time, in the order in which
/// the pieces became ready.
///
/// The task of the code has this executor as its preference, which child tasks inherit. So `async let` and task
/// groups interleave in the same order at each replay.
final class FlowExecutor: TaskExecutor {
    private struct State {
        /// The pieces that are ready, in their order. Those before `next` have run.
        var jobs: [UnownedJob] = []
        var next = 0
        var isResting = false
        var isDetached = false

        var isIdle: Bool { next == jobs.count }

        mutating func takeNext() -> UnownedJob? {
            guard !isIdle else {
                jobs.removeAll(keepingCapacity: true)
                next = 0
                return nil
            }
            defer { next += 1 }
            return jobs[next]
        }

        mutating func takeAll() -> [UnownedJob] {
            defer {
                jobs = []
                next = 0
            }
            return Array(jobs[next...])
        }
    }

    private let state = Mutex(State())
    private let onEnqueue: @Sendable () -> Void

    /// - Parameter onEnqueue: called when there is something to run after ``rest()``: ``drain()`` must follow.
    init(onEnqueue: @escaping @Sendable () -> Void) {
        self.onEnqueue = onEnqueue
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (isDetached, isResting) = state.withLock { state in
            if !state.isDetached { state.jobs.append(job) }
            defer { state.isResting = false }
            return (state.isDetached, state.isResting)
        }
        if isDetached { runOnGlobalExecutor(job) } else if isResting { onEnqueue() }
    }

    /// Runs the code until each of its tasks waits.
    func drain() {
        while let job = takeNext() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func takeNext() -> UnownedJob? {
        state.withLock { state in
            state.isResting = false
            return state.takeNext()
        }
    }

    /// Whether no piece of code is ready besides the one that runs.
    var isIdle: Bool { state.withLock(\.isIdle) }

    /// Prepares a pause of the caller: the next piece of code calls `onEnqueue`.
    ///
    /// - Returns: false if there is something to run now.
    func rest() -> Bool {
        state.withLock { state in
            state.isResting = state.isIdle
            return state.isResting
        }
    }

    /// Lets the rest of the code run by itself: the attempt is over, and the code only ends.
    func detach() {
        let jobs = state.withLock { state in
            state.isDetached = true
            return state.takeAll()
        }
        for job in jobs { runOnGlobalExecutor(job) }
    }

    private func runOnGlobalExecutor(_ job: UnownedJob) {
        let executor = asUnownedTaskExecutor()
        Task(executorPreference: globalConcurrentExecutor) { job.runSynchronously(on: executor) }
    }
}
