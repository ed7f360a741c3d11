import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// A worker that behaves as badly as a worker can. It crashes, stalls beyond its lease and continues, reports twice, reports
/// after the server has rejected its lease, and has a clock that jumps.
final class SimulatedWorker: @unchecked Sendable {
    private let world: World
    private let cluster: Cluster
    private let answers: AnswerRecord
    private let number: Int
    private let slots: Int
    private var generation = 1
    private var busy = 0
    /// The difference between its clock and the store's, in seconds.
    private var clockError = 0.0
    private var isStopping = false

    init(world: World, cluster: Cluster, answers: AnswerRecord, number: Int) {
        self.world = world
        self.cluster = cluster
        self.answers = answers
        self.number = number
        slots = 1 + world.dice.below(3)
    }

    private var dice: Dice { world.dice }
    private var info: WorkerInfo { WorkerInfo(id: "w\(number)-\(generation)", name: "worker \(number)") }

    /// Leases and runs jobs until it is stopped, and its attempts have ended.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            while !isStopping {
                guard busy < slots else {
                    await world.scheduler.pause(seconds: 0.2)
                    continue
                }
                for lease in await take() {
                    busy += 1
                    group.addTask { [self] in
                        await perform(lease)
                        busy -= 1
                    }
                }
            }
        }
    }

    func stop() {
        isStopping = true
    }

    /// Sets its clock to a wrong time.
    func jumpClock() {
        clockError = dice.seconds(-3600...3600)
        world.trace.fault("clock jump", "worker \(number) by \(clockError) s")
    }

    /// The share of calls, in thousandths, that name no kinds. A broker's hint that names no kind may reach a worker of
    /// one kind only, and workers of other kinds then find the job by the slow poll.
    private var allKindsRate: Int {
        world.scenario.isPunctual && world.scenario.hasBroker ? 1000 : 700
    }

    private func take() async -> [Lease] {
        let request = LeaseRequest(
            worker: info, queues: dice.chance(500) ? Fixtures.queues : Fixtures.queues.reversed(),
            kinds: dice.chance(allKindsRate) ? [] : [dice.chance(500) ? "work" : "other"],
            maxJobs: slots - busy, leaseSeconds: dice.seconds(1...6),
            waitSeconds: dice.seconds(0...(world.scenario.isPunctual ? 120 : 4)))
        do {
            return try await cluster.call { [world] in try await world.punctuality.lease(request, from: $0) }
        } catch {
            await world.scheduler.pause(seconds: dice.seconds(0.1...2))
            return []
        }
    }

    // MARK: An attempt

    private func perform(_ lease: Lease) async {
        if world.faultOccurs(world.scenario.workerCrashes) {
            world.trace.fault("worker crash", "worker \(number)")
            generation += 1
            return await world.scheduler.pause(seconds: dice.seconds(0...5))
        }
        if let process = ProcessRun(lease, world: world, cluster: cluster) {
            return await perform(process, lease)
        }
        if world.faultOccurs(world.scenario.stalls) {
            world.trace.fault("worker stall", "worker \(number)")
            await world.scheduler.pause(seconds: dice.seconds(0.5...15))
            return await report(lease)
        }
        let work = dice.seconds(0...(world.isFaulty ? 8 : 0.5))
        let end = world.now.adding(seconds: work)
        while world.now < end {
            // With a wrong clock, the worker may send a heartbeat too late. The store must notice.
            let wrong = clockError == 0 ? 1 : dice.seconds(0.2...4)
            let beat = world.now.adding(seconds: lease.heartbeatSeconds * wrong)
            try? await world.scheduler.sleep(until: min(end, beat))
            if world.now < end, await !isAlive(lease) {
                // Most workers stop here. A bad one continues, and reports.
                guard world.faultOccurs(300) else { return }
                return await report(lease)
            }
        }
        await report(lease)
    }

    /// Runs a process until it waits or ends.
    private func perform(_ process: ProcessRun, _ lease: Lease) async {
        if world.faultOccurs(world.scenario.stalls) {
            world.trace.fault("worker stall", "worker \(number)")
            await world.scheduler.pause(seconds: dice.seconds(0.5...15))
        }
        guard await process.run() else { return }
        if process.fails {
            let error = JobError(type: "broken", message: "it broke", retryable: false)
            return await retryUntilAnswered { try await $0.fail(Failure(token: lease.token, error: error)) }
        }
        let completion = Completion(
            token: lease.token, result: JSONText(validated: Array("\(lease.token.fence)".utf8)))
        await complete(completion, [], isProcess: true)
    }

    /// Sends a heartbeat. Returns whether the lease is current, as far as the worker knows.
    private func isAlive(_ lease: Lease) async -> Bool {
        let progress = dice.chance(300) ? Progress(percent: Double(dice.below(101))) : nil
        let heartbeat = Heartbeat(workerID: info.id, beats: [.init(token: lease.token, progress: progress)])
        guard let outcome = try? await cluster.call({ try await $0.heartbeat(heartbeat) }) else {
            return true
        }
        return outcome.lost.isEmpty && outcome.cancelled.isEmpty
    }

    private func report(_ lease: Lease) async {
        if world.faultOccurs(world.scenario.failures) { return await fail(lease) }
        if world.faultOccurs(50) {
            return await retryUntilAnswered { try await $0.release(lease.token) }
        }
        if world.faultOccurs(20) {
            world.trace.fault("worker deregistered", "worker \(number), which continues")
            await retryUntilAnswered { _ = try await $0.deregister(self.info.id) }
        }
        var files: [String] = []
        if dice.chance(200), await putFile(lease) { files = ["out.bin"] }
        if dice.chance(100) { await putLogAndStep(lease) }
        let completion = completion(of: lease)
        await complete(completion, files)
        if world.faultOccurs(100) { await complete(completion, files) }
    }

    private func completion(of lease: Lease) -> Completion {
        let result = JSONText(validated: Array("\(lease.token.fence)".utf8))
        let depth = lease.job.parentID == nil ? dice.below(3) : 0
        let next = (0..<(dice.chance(200) ? depth : 0)).map { _ in
            var spec = JobSpec(kind: "work", payload: result)
            spec.maxAttempts = 2
            spec.backoff = Backoff(growth: .fixed, initialSeconds: 1)
            if dice.chance(200) { spec.expiresAt = world.now.adding(seconds: dice.seconds(5...30)) }
            return NewJob(spec)
        }
        return Completion(token: lease.token, result: result, next: next)
    }

    private func complete(_ completion: Completion, _ files: [String], isProcess: Bool = false) async {
        await retryUntilAnswered { engine in
            guard let answer = try await engine.complete([completion]).first else { return }
            _ = try answer.get()
        } then: {
            // The child jobs of a process are not those of its completion.
            guard !isProcess else { return }
            answers.complete(completion.token.jobID, next: completion.next.count, files: files)
        }
    }

    private func fail(_ lease: Lease) async {
        world.trace.fault("failed attempt")
        let error = JobError(type: "broken", message: "it broke", retryable: !dice.chance(150))
        let failure = Failure(
            token: lease.token, error: error, retryInSeconds: dice.chance(200) ? dice.seconds(0...5) : nil)
        await retryUntilAnswered { try await $0.fail(failure) }
    }

    /// Makes a call until it is answered, at most six times.
    private func retryUntilAnswered<Value: Sendable>(
        _ call: @escaping @Sendable (Engine) async throws -> Value, then done: () -> Void = {}
    ) async {
        for _ in 0..<6 {
            do {
                _ = try await cluster.call(call)
                return done()
            } catch {
                guard (error as? LonghaulError)?.isTransient ?? true else { return }
                await world.scheduler.pause(seconds: dice.seconds(0.05...2))
            }
        }
    }

    private func putFile(_ lease: Lease) async -> Bool {
        let answer = try? await cluster.call { engine in
            var rest: [[UInt8]] = [[1, 2], [3]]
            return try await engine.putArtifact(lease.token, name: "out.bin", contentType: nil) {
                await self.world.scheduler.yield()
                return rest.popLast()
            }
        }
        return answer != nil
    }

    private func putLogAndStep(_ lease: Lease) async {
        let line = LogLine(at: world.now.adding(seconds: clockError), message: "hello")
        _ = try? await cluster.call { try await $0.appendLogs(lease.token, [line]) }
        let output = JSONText(validated: Array("1".utf8))
        _ = try? await cluster.call { try await $0.putStep(lease.token, name: "one", output: output) }
    }
}
