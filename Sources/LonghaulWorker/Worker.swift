import LonghaulConcurrency
public import LonghaulCore
import Synchronization

/// Runs handlers: takes jobs from its queues, renews their leases while they run, and reports how they ended.
///
/// ```swift
/// let worker = Worker(
///     configuration: WorkerConfiguration(queues: [("images", 4)]), gateway: client,
///     handlers: [.swift(Resize.self) { payload, context in try await resize(payload) }])
/// try await worker.run()
/// ```
///
/// A worker uses its own clock only to wait: leases end by the store's clock. When a lease has not been renewed for
/// ``WorkerConfiguration/leaseSeconds``, another worker may have the job: the worker pauses the program of that job.
/// A handler in Swift continues. After another ``WorkerConfiguration/outageSeconds``, the worker abandons the attempt.
public final class Worker: Sendable {
    private enum Phase { case idle, running, stopping, stopped }

    private struct State {
        var phase = Phase.idle
        var polls: [GatedTask<Void>] = []
        var monitor: GatedTask<Void>?
    }

    let configuration: WorkerConfiguration
    let gateway: any WorkerGateway
    let handlers: [String: Handler]
    let time: any TimeSource
    let clock: SteadyClock
    let random: any RandomSource
    let reporter: Reporter
    let slots: Mutex<SlotTable>
    /// Fires when a slot becomes free and when the worker stops.
    let freed = Wakeups()
    let running = Mutex<[LeaseToken: RunningJob]>([:])
    let logs = Mutex<[LeaseToken: LogBuffer]>([:])
    let heartbeats: Mutex<HeartbeatTimer>
    /// When the worker next checks its running jobs.
    let alarm: Alarm
    private let state = Mutex(State())
    private let isStopRequested = Event<Void>()

    /// Creates a worker. ``run()`` or ``start()`` starts it.
    ///
    /// - Parameters:
    ///   - gateway: the engine in this process, or a client of a server.
    ///   - handlers: the handlers, one for each kind. Of two for the same kind, the first counts.
    ///   - time: the clock. The worker uses its ``TimeSource/steadySeconds()`` for all deadlines and pauses.
    ///   - random: the source of the jitter of pauses.
    public init(
        configuration: WorkerConfiguration, gateway: any WorkerGateway, handlers: [Handler],
        time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom()
    ) {
        self.configuration = configuration
        self.gateway = gateway
        self.time = time
        self.random = random
        let clock = SteadyClock(time)
        self.clock = clock
        alarm = Alarm(clock)
        self.handlers = Dictionary(
            handlers.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
        let table = SlotTable(queues: configuration.queues, handlers: Array(self.handlers.values))
        for handler in table.unserved(Array(self.handlers.values)) {
            configuration.log(
                Note(
                    "the worker takes no jobs of kind \(handler.kind): it does not serve the queue "
                        + (handler.queue ?? "default"), level: .warning))
        }
        slots = Mutex(table)
        reporter = Reporter(gateway: gateway, clock: clock, random: random)
        heartbeats = Mutex(
            HeartbeatTimer(startedAt: clock.now, interval: configuration.info.heartbeatIntervalSeconds))
    }

    /// The identity of the worker.
    public var info: WorkerInfo { configuration.info }

    /// Starts to take jobs. Does nothing if the worker was started or stopped before. Programs that stop the worker
    /// themselves, with ``shutdown(grace:)``, call this instead of ``run()``.
    public func start() {
        let polls = configuration.queues.map { queue in GatedTask { await self.poll(queue.name) } }
        let monitor = GatedTask { await self.monitorJobs() }
        let isFirst = state.withLock { state in
            guard state.phase == .idle else { return false }
            state.phase = .running
            state.polls = polls
            state.monitor = monitor
            return true
        }
        for task in polls + [monitor] {
            if isFirst { task.open() } else { task.cancel() }
        }
    }

    /// Runs the worker until a stop is requested, and returns after the stop: no job runs any more, and the worker is
    /// deregistered.
    ///
    /// ```swift
    /// let client = try LonghaulClient(server: "http://127.0.0.1:8080")
    /// let worker = Worker(
    ///     configuration: WorkerConfiguration(queues: [("default", 4)]), gateway: client,
    ///     handlers: [.swift(Greet.self) { name, context in "Hello, \(name)!" }])
    /// try await worker.run()
    /// ```
    ///
    /// SIGTERM, SIGINT, the cancellation of the task and ``shutdown(grace:)`` request a stop. The worker then takes no more
    /// jobs. Running jobs may finish within ``WorkerConfiguration/grace``. A second signal ends the process at once.
    ///
    /// The method has the signature of `run()` in the `Service` protocol of swift-service-lifecycle.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` if the worker has no queues or no handlers.
    public func run() async throws {
        guard !configuration.queues.isEmpty, !handlers.isEmpty else {
            throw LonghaulError(.invalidRequest, "a worker needs at least one queue and one handler")
        }
        let signals = StopSignalWatch.start(configuration.stopSignals) { [configuration, isStopRequested] in
            configuration.log(Note("\($0): stopping"))
            isStopRequested.fire()
        }
        start()
        try? await isStopRequested.waitUnlessCancelled()
        await shutdown(grace: configuration.grace)
        signals.end()
    }

    /// Stops the worker. Running jobs may finish within the grace period. Then the worker cancels them and releases
    /// their jobs, and the attempt does not count. May be called before the start, repeatedly and concurrently.
    public func shutdown(grace: Duration) async {
        let polls = state.withLock { state -> [GatedTask<Void>] in
            if state.phase == .idle { state.phase = .stopped }
            if state.phase == .running { state.phase = .stopping }
            return state.polls
        }
        isStopRequested.fire()
        await end(polls)
        noteRunningJobs { "running jobs: \($0); they may finish within \(Int(grace / .seconds(1))) s" }
        await waitUntilIdle(until: clock.now + grace)
        noteRunningJobs {
            "jobs still running after the grace period: \($0); the worker ends and releases them"
        }
        endAll()
        let maxEndSeconds = handlers.values.map(\.endSeconds).max() ?? 0
        await waitUntilIdle(until: clock.now + .seconds(maxEndSeconds + 5))
        noteRunningJobs { "jobs not released: \($0); other workers get them when their leases expire" }
        let monitor = state.withLock { state in
            state.phase = .stopped
            return state.monitor
        }
        monitor?.cancel()
        freed.wakeAll()
        _ = await monitor?.value
        await deregister()
    }

    /// The timeout of the deregistration.
    private static let deregistrationTimeout = Duration.seconds(5)
    /// How long the deregistration is repeated. A stop must end soon although the server is down.
    private static let deregistrationRetries = Duration.seconds(2)

    /// Deregisters the worker, which releases the jobs of lease calls whose answers were lost. If that fails, the server shows
    /// the worker as late, and later as gone.
    private func deregister() async {
        let deregistration = Task {
            var backoff = ExponentialBackoff.ofCalls
            let end = clock.now + Self.deregistrationRetries
            while !Task.isCancelled {
                do {
                    _ = try await gateway.deregister(configuration.info.id)
                    return
                } catch let error as LonghaulError where error.code == .notFound {
                    return  // The worker has made no call that registers it.
                } catch {
                    guard (error as? LonghaulError)?.isTransient ?? false, clock.now < end else {
                        return configuration.log(
                            Note(
                                "the worker could not be deregistered: \(Self.text(of: error))",
                                level: .warning))
                    }
                    await backoff.pause(on: clock, random)
                }
            }
        }
        let timer = Task {
            try await clock.sleep(for: Self.deregistrationTimeout)
            deregistration.cancel()
        }
        await deregistration.value
        timer.cancel()
    }

    /// How long a stop waits for lease calls in flight, in seconds. A cancelled call may have leased a job already,
    /// which is released only after the worker has stopped.
    private static let pollTimeout = 5.0

    /// Waits for the lease calls in flight. Cancels them at once if they may take longer than the timeout.
    private func end(_ polls: [GatedTask<Void>]) async {
        let timeout = configuration.pollSeconds < Self.pollTimeout ? Self.pollTimeout : 0
        let timer = Task {
            try await clock.sleep(for: .seconds(timeout))
            for poll in polls { poll.cancel() }
        }
        freed.wakeAll()
        for poll in polls { _ = await poll.value }
        timer.cancel()
    }

    var isStopping: Bool { state.withLock { $0.phase == .stopping || $0.phase == .stopped } }

    private func endAll() {
        let now = clock.now
        for job in running.withLock({ Array($0.values) }) { job.end(.shutdown, at: now) }
        alarm.plan(now)
    }

    /// Writes a note about the jobs that still run, if there are any.
    private func noteRunningJobs(_ text: (Int) -> String) {
        let count = running.withLock(\.count)
        if count > 0 { configuration.log(Note(text(count))) }
    }

    private func waitUntilIdle(until deadline: ContinuousClock.Instant) async {
        while true {
            let signal = freed.register()
            if running.withLock(\.isEmpty) || clock.now >= deadline { return }
            // In a task of its own, because a shutdown waits also if its task is cancelled.
            await Task { [clock] in
                await signal.wait(else: ()) { try await clock.sleep(until: deadline) }
            }.value
        }
    }
}

// MARK: Taking jobs

extension Worker {
    /// Leases jobs of one queue until the worker stops.
    private func poll(_ queue: String) async {
        var backoff = ExponentialBackoff.ofCalls
        while !isStopping {
            let signal = freed.register()
            guard let room = slots.withLock({ $0.room(in: queue) }) else {
                await signal.wait()
                continue
            }
            do {
                // The request omits kinds without a free slot, so it ends early: a slot may become free.
                let wait = room.isPartial ? min(1, configuration.pollSeconds) : configuration.pollSeconds
                let request = LeaseRequest(
                    worker: configuration.info, queues: [queue], kinds: room.kinds,
                    maxJobs: min(room.jobs, 1000),
                    leaseSeconds: configuration.leaseSeconds, waitSeconds: wait)
                let leases = try await gateway.lease(request)
                for lease in leases { await begin(lease) }
                // The server would lease a released job again at once.
                if leases.contains(where: { $0.unreadable?.isTransient == true }) {
                    await backoff.pause(on: clock, random)
                } else {
                    backoff.reset()
                }
            } catch {
                if isStopping { return }
                configuration.log(
                    Note("cannot lease jobs of queue \(queue): \(Self.text(of: error))", level: .warning))
                await backoff.pause(on: clock, random)
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
        let job = RunningJob(
            lease: lease, handler: handler, timeoutSeconds: timeout, now: clock.now, alarm: alarm)
        slots.withLock { $0.take(queue: lease.job.spec.queue, kind: handler.kind) }
        running.withLock { $0[lease.token] = job }
        watch(job)
        job.attach(Task { await perform(job) })
    }

    static func text(of error: any Error) -> String {
        (error as? LonghaulError)?.detail ?? "\(error)"
    }
}
