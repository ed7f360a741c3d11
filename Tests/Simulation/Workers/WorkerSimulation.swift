import CTaskHook
import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulWorker

/// One run of one seed with real workers: see ``FaultGateway`` and ``WorkerChecks``.
struct WorkerSimulation {
    /// A worker with its handlers.
    private struct Running {
        let worker: Worker
        let handler: ScriptedHandler
    }

    /// How long the jobs have to end after the faults have stopped, in seconds.
    private static let drainSeconds = 600.0

    let seed: UInt64
    var isPrinted = false

    /// Runs it on the calling thread.
    func run() -> Simulation.Outcome {
        task_hook_begin()
        defer { task_hook_end() }
        let world = WorkerWorld(seed: seed, isPrinted: isPrinted)
        switch world.scheduler.run({ await Self.simulate(in: world) }) {
        case .done: break
        case .stuck: world.report("all tasks wait, and nothing can wake them")
        case .tooLong: world.report("the tasks do not end")
        case .leftBehind(let count): world.report("\(count) tasks still sleep after the workers were stopped")
        }
        return Simulation.Outcome(
            seed: seed, digest: world.trace.digest ^ UInt64(world.scheduler.steps),
            events: world.trace.events, steps: world.scheduler.steps, jobs: world.scenario.jobs,
            faults: world.trace.faults, violations: world.violations)
    }

    private static func simulate(in world: WorkerWorld) async {
        do {
            try await world.engine.start()
        } catch {
            return world.report("the engine does not start: \(error)")
        }
        let checks = WorkerChecks(world: world)
        var jobs: [JobID] = []
        await withTaskGroup(of: Void.self) { group in
            let end = world.now.adding(seconds: world.scenario.faultSeconds)
            for number in 1...world.scenario.workers {
                group.addTask { await live(number, until: end, in: world, checks) }
            }
            if world.scenario.isHarsh { group.addTask { await breakDown(until: end, in: world) } }
            jobs = await submit(until: end, in: world)
            try? await world.scheduler.sleep(until: end)
            world.isFaulty = false
            world.trace.note(0, words: "-- no more faults")
            await drain(jobs, in: world)
            world.isOver = true
        }
        for id in jobs { await checks.check(id) }
        await world.engine.stop()
    }

    /// Submits the jobs at random times, and cancels some.
    private static func submit(until end: Timestamp, in world: WorkerWorld) async -> [JobID] {
        var jobs: [JobID] = []
        for _ in 0..<world.scenario.jobs {
            await world.scheduler.pause(
                seconds: world.dice.seconds(0...world.scenario.faultSeconds / Double(world.scenario.jobs)))
            var spec = JobSpec(kind: world.dice.pick(ScriptedHandler.kinds) ?? "work")
            spec.maxAttempts = 100
            spec.backoff = Backoff(growth: .fixed, initialSeconds: 0.5)
            guard let job = try? await world.engine.submit(NewJob(spec)).job else {
                world.report("a job cannot be submitted")
                continue
            }
            jobs.append(job.id)
            if world.occurs(100), let other = world.dice.pick(jobs) {
                world.trace.fault("cancelled job", world.name(other))
                _ = try? await world.engine.cancel(other)
            }
        }
        return jobs
    }

    /// Makes the server unreachable from time to time, for longer than a lease.
    private static func breakDown(until end: Timestamp, in world: WorkerWorld) async {
        while world.now < end {
            await world.scheduler.pause(seconds: world.dice.seconds(1...30))
            guard world.isFaulty else { return }
            let seconds = world.dice.seconds(1...60)
            world.trace.fault("outage", "for \(seconds) s")
            world.isDownUntil = min(end, world.now.adding(seconds: seconds))
            try? await world.scheduler.sleep(until: world.isDownUntil)
        }
    }

    /// Runs one worker after another. The last one runs until the end.
    private static func live(
        _ number: Int, until end: Timestamp, in world: WorkerWorld, _ checks: WorkerChecks
    ) async {
        var generation = 1
        while !world.isOver {
            let running = start("w\(number)-\(generation)", in: world)
            if let mean = world.scenario.restartSeconds, world.now < end {
                await world.scheduler.pause(seconds: world.dice.seconds(1...2 * mean))
            } else {
                while !world.isOver { await world.scheduler.pause(seconds: 1) }
            }
            let grace = world.dice.chance(300) ? 0 : world.dice.seconds(0...8)
            world.trace.fault("stopped worker", "\(running.worker.info.id), grace \(grace) s")
            running.handler.willStop(afterSeconds: grace)
            await running.worker.shutdown(grace: .seconds(grace))
            await checks.checkStopped(running.worker.info.id)
            generation += 1
        }
    }

    private static func start(_ id: String, in world: WorkerWorld) -> Running {
        let handler = ScriptedHandler(world: world, worker: id)
        var configuration = WorkerConfiguration(queues: [("default", world.scenario.slots)], name: id)
        configuration.info.id = id
        configuration.info.heartbeatIntervalSeconds = world.scenario.heartbeatSeconds
        configuration.leaseSeconds = world.scenario.leaseSeconds
        configuration.outageSeconds = world.scenario.outageSeconds
        configuration.pollSeconds = world.scenario.pollSeconds
        configuration.logger = world
        let worker = Worker(
            configuration: configuration, gateway: FaultGateway(world: world, worker: id),
            handlers: handler.handlers, time: world.scheduler, random: world.dice)
        worker.start()
        return Running(worker: worker, handler: handler)
    }

    /// Waits until every job has ended, or the time is over.
    private static func drain(_ jobs: [JobID], in world: WorkerWorld) async {
        let deadline = world.now.adding(seconds: drainSeconds)
        while world.now < deadline {
            var isDone = true
            for id in jobs where (try? await world.engine.job(id).state.isFinal) != true { isDone = false }
            if isDone { break }
            await world.scheduler.pause(seconds: 1)
        }
        // Abandoned handlers end, and idle workers send heartbeats.
        await world.scheduler.pause(seconds: 20)
    }
}
