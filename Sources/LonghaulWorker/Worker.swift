public import LonghaulCore
import Synchronization

/// Runs handlers: takes jobs from its queues, renews their leases while they run, and reports how they ended.
///
/// A worker uses its own clock only to wait: leases end by the store's clock. When a lease has not been renewed for
/// ``WorkerConfiguration/leaseSeconds``, another worker may have the job: the worker pauses the program of that job,
/// while a handler in Swift goes on. After ``WorkerConfiguration/outageSeconds`` more, it gives the job up.
public final class Worker: Sendable {
    private enum Phase { case idle, running, stopping, stopped }

    private struct State {
        var phase = Phase.idle
        var polls: [GatedTask<Void>] = []
        var pulse: GatedTask<Void>?
    }

    let configuration: WorkerConfiguration
    let gateway: any WorkerGateway
    let handlers: [String: Handler]
    let time: any TimeSource
    let clock = ContinuousClock()
    let reporter: Reporter
    let slots: Mutex<SlotTable>
    /// Told when a slot becomes free, and when the worker stops.
    let freed = Wakeups()
    let running = Mutex<[LeaseToken: RunningJob]>([:])
    let logs = Mutex<[LeaseToken: LogBuffer]>([:])
    /// Whether a heartbeat that renews leases is under way.
    let isRenewing = Atomic(false)
    /// Whether one that only says that the worker lives is under way: it must not hold up the other sort.
    let isSigning = Atomic(false)
    private let state = Mutex(State())
    private let ended = Wakeups()

    /// A worker that does not run yet.
    ///
    /// - Parameters:
    ///   - gateway: the engine in this process, or a client of a server.
    ///   - handlers: what runs the jobs, one for each kind; of two for the same kind the first counts.
    public init(
        configuration: WorkerConfiguration, gateway: any WorkerGateway, handlers: [Handler],
        time: any TimeSource = SystemTime()
    ) {
        self.configuration = configuration
        self.gateway = gateway
        self.time = time
        self.handlers = Dictionary(
            handlers.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
        let table = SlotTable(queues: configuration.queues, handlers: Array(self.handlers.values))
        for handler in table.unserved(Array(self.handlers.values)) {
            configuration.note(
                Note(
                    "no job of kind \(handler.kind) will be taken: this worker does not serve its queue "
                        + (handler.queue ?? "default"), level: .warning))
        }
        slots = Mutex(table)
        reporter = Reporter(gateway: gateway)
    }

    /// Who it is.
    public var info: WorkerInfo { configuration.info }

    /// Starts to take jobs. Does nothing if it has started or stopped before.
    public func start() {
        let polls = configuration.queues.map { queue in GatedTask { await self.poll(queue.name) } }
        let pulse = GatedTask { await self.pulse() }
        let isFirst = state.withLock { state in
            guard state.phase == .idle else { return false }
            state.phase = .running
            state.polls = polls
            state.pulse = pulse
            return true
        }
        for task in polls + [pulse] {
            if isFirst { task.open() } else { task.cancel() }
        }
    }

    /// Runs until the task is cancelled, then stops within the grace.
    public func run(grace: Duration = .seconds(30)) async {
        start()
        let signal = ended.register()
        await withTaskCancellationHandler {
            if !isStopping { await signal.wait() }
        } onCancel: {
            signal.wake()
        }
        await shutdown(grace: grace)
    }

    /// Stops: takes no more jobs, lets those that run finish for as long as the grace lasts, then ends them
    /// and gives their jobs back, the attempt not counted. Safe to call before the start, twice, and at
    /// once from several tasks.
    public func shutdown(grace: Duration) async {
        let polls = state.withLock { state -> [GatedTask<Void>] in
            if state.phase == .idle { state.phase = .stopped }
            if state.phase == .running { state.phase = .stopping }
            return state.polls
        }
        ended.wakeAll()
        await end(polls)
        await waitUntilIdle(until: clock.now + grace)
        endAll()
        let longest = handlers.values.map(\.endSeconds).max() ?? 0
        await waitUntilIdle(until: clock.now + .seconds(longest + 5))
        let pulse = state.withLock { state in
            state.phase = .stopped
            return state.pulse
        }
        pulse?.cancel()
        freed.wakeAll()
        _ = await pulse?.value
        await deregister()
    }

    /// How long a stop waits for the word that the worker has stopped to arrive.
    private static let farewellPatience = Duration.seconds(5)

    /// Says that the worker has stopped. Should that fail, it is seen as late, and then as gone.
    private func deregister() async {
        let farewell = Task { try await gateway.deregister(configuration.info.id) }
        let impatience = Task {
            try await clock.sleep(for: Self.farewellPatience)
            farewell.cancel()
        }
        _ = await farewell.result
        impatience.cancel()
    }

    /// How long a stop waits for calls for work that are under way. One that is cut off may have taken a job
    /// already, which goes back only once the worker has stopped.
    private static let pollPatience = 5.0

    /// Ends the calls for work: those that do not wait long by themselves, the others by cutting them off.
    private func end(_ polls: [GatedTask<Void>]) async {
        let patience = configuration.pollSeconds < Self.pollPatience ? Self.pollPatience : 0
        let cut = Task {
            try await Task.sleep(for: .seconds(patience))
            for poll in polls { poll.cancel() }
        }
        freed.wakeAll()
        for poll in polls { _ = await poll.value }
        cut.cancel()
    }

    var isStopping: Bool { state.withLock { $0.phase == .stopping || $0.phase == .stopped } }

    private func endAll() {
        let now = clock.now
        for job in running.withLock({ Array($0.values) }) { job.end(.shutdown, at: now) }
    }

    private func waitUntilIdle(until deadline: ContinuousClock.Instant) async {
        while true {
            let signal = freed.register()
            if running.withLock(\.isEmpty) || clock.now >= deadline { return }
            await signal.wait(until: deadline)
        }
    }
}

// MARK: Taking jobs

extension Worker {
    /// Asks for jobs of one queue, for as long as the worker runs.
    private func poll(_ queue: String) async {
        var pause = RetryPause()
        while !isStopping {
            let signal = freed.register()
            guard let room = slots.withLock({ $0.room(in: queue) }) else {
                await signal.wait()
                continue
            }
            do {
                // A kind without room is not asked for: then ask again soon, its slot may be free by then.
                let wait = room.isPartial ? min(1, configuration.pollSeconds) : configuration.pollSeconds
                let request = LeaseRequest(
                    worker: configuration.info, queues: [queue], kinds: room.kinds,
                    maxJobs: min(room.jobs, 1000),
                    leaseSeconds: configuration.leaseSeconds, waitSeconds: wait)
                let leases = try await gateway.lease(request)
                for lease in leases { await begin(lease) }
                // The server would lease a released job again at once.
                if leases.contains(where: { $0.unreadable?.isTransient == true }) {
                    await pause.wait()
                } else {
                    pause = RetryPause()
                }
            } catch {
                if isStopping { return }
                configuration.note(
                    Note("cannot take jobs of queue \(queue): \(Self.text(of: error))", level: .warning))
                await pause.wait()
            }
        }
    }

    private func begin(_ lease: Lease) async {
        if let reason = lease.unreadable {
            Task { await refuse(lease, reason) }
            return
        }
        guard let handler = handlers[lease.job.spec.kind], !isStopping else {
            _ = try? await gateway.release(lease.token)
            return
        }
        let timeout =
            lease.job.spec.timeoutSeconds ?? handler.timeoutSeconds ?? configuration.defaultTimeoutSeconds
        let job = RunningJob(lease: lease, handler: handler, timeoutSeconds: timeout, now: clock.now)
        slots.withLock { $0.take(queue: lease.job.spec.queue, kind: handler.kind) }
        let isFirst = running.withLock { running in
            running[lease.token] = job
            return running.count == 1
        }
        if isFirst { freed.wakeAll() }
        job.attach(Task { await perform(job) })
    }

    static func text(of error: any Error) -> String {
        (error as? LonghaulError)?.detail ?? "\(error)"
    }
}
