import LonghaulClient
import LonghaulCore

extension Commands {
    static let autoscale = Command(
        name: "autoscale", summary: "Starts and stops workers by how much lies in their queues.",
        options: [
            Options.scaledQueues, Options.jobsPerWorker, Options.drainSeconds, Options.minWorkers,
            Options.maxWorkers, Options.cooldown, Options.scaleInterval, Options.scaleCommand,
            Options.handlers, Options.labels, Options.leaseSeconds, Options.drainGrace, Options.logFormat,
        ] + Options.client,
        notes: [
            "It grows at once, and shrinks when fewer workers were enough for a whole cool-down. A worker that "
                + "is one too many finishes its jobs first.",
            "Workers are processes of this machine that run --handlers, or with --scale-command whatever that "
                + "command makes of {desired}.",
            "SIGTERM and SIGINT drain its workers and end it; a second one ends it at once, and its workers "
                + "once their jobs are done.",
        ]
    ) { invocation in
        EventLog.use(try invocation.value(Options.logFormat))
        let plan = try ScalePlan(invocation)
        let signals = try ShutdownSignals.install()
        try await invocation.withClient { client in
            let driver = try await plan.driver(invocation, client)
            let loop = Task { await plan.run(client, driver) }
            await signals.untilFirst()
            loop.cancel()
            await loop.value
            await driver.stop()
        }
        EventLog.tell("stopped")
        await EventLog.flush()
        return .done
    }
}

/// What the settings of the autoscaler ask for.
private struct ScalePlan: Sendable {
    /// Short, so that a worker that is drained has no call for work cut off, and no job on its way is lost sight of.
    private static let pollSeconds = 2.0

    private let queues: [QueueSlots]
    private let target: ScalingTarget
    private let policy: Autoscaler.Policy
    private let interval: Duration
    private let command: String?

    init(_ invocation: Invocation) throws {
        let chosen = try invocation.value(Options.scaledQueues)
        queues = chosen.isEmpty ? [QueueSlots(name: "default", slots: 1)] : chosen
        let jobs = try invocation.value(Options.jobsPerWorker)
        let drain = try invocation.value(Options.drainSeconds)
        if jobs != nil, drain != nil {
            throw UsageError("--jobs-per-worker and --drain-seconds exclude each other", command: "autoscale")
        }
        target = drain.map { .drain(seconds: $0) } ?? jobs.map { .jobsPerWorker($0) } ?? .usual
        let least = try invocation.value(Options.minWorkers)
        let most = try invocation.value(Options.maxWorkers)
        if least > most { throw invocation.settings.fault(Options.minWorkers, "is more than --max-workers") }
        policy = Autoscaler.Policy(
            minWorkers: least, maxWorkers: most, cooldownSeconds: try invocation.value(Options.cooldown))
        interval = .seconds(try invocation.value(Options.scaleInterval))
        command = try invocation.value(Options.scaleCommand)
        if let command, !command.contains(ScaleCommand.reference) {
            throw invocation.settings.fault(
                Options.scaleCommand, "does not say where the number goes: \(ScaleCommand.reference)")
        }
    }

    /// What makes the workers come and go.
    func driver(_ invocation: Invocation, _ client: LonghaulClient) async throws -> any ScaleDriver {
        if let command {
            let there = try await client.workers().count { $0.health == .healthy && serves($0) }
            return ScaleCommand(command, current: there)
        }
        _ = try WorkerHost.requiredHandlers(invocation)
        return WorkerFleet(arguments: try workerArguments(invocation), maxWorkers: policy.maxWorkers) {
            Set(try await client.workers().filter { !$0.running.isEmpty }.map(\.info.name))
        }
    }

    private func serves(_ worker: WorkerStatus) -> Bool {
        !Set(worker.queues).isDisjoint(with: queues.map(\.name))
    }

    private func workerArguments(_ invocation: Invocation) throws -> [String] {
        func option(_ option: some DeclaredOption, _ value: String?) -> [String] {
            value.map { ["\(option.declaration.flag)=\($0)"] } ?? []
        }
        let labels = try invocation.labels(Options.labels).map { "\($0.key)=\($0.value)" }
        return ["worker", Options.stopWithInput.declaration.flag]
            + option(Options.server, try invocation.value(Options.server))
            + option(Options.ca, try invocation.value(Options.ca))
            + option(Options.handlers, try invocation.value(Options.handlers))
            + option(Options.queues, queues.map { "\($0.name)=\($0.slots)" }.joined(separator: ","))
            + option(Options.labels, labels.isEmpty ? nil : labels.joined(separator: ","))
            + option(Options.pollSeconds, "\(Self.pollSeconds)")
            + option(Options.leaseSeconds, "\(try invocation.value(Options.leaseSeconds))")
            + option(Options.shutdownGrace, "\(try invocation.value(Options.drainGrace))")
            + option(Options.logFormat, "\(try invocation.value(Options.logFormat))")
            + option(Options.config, try invocation.value(Options.config))
    }

    /// Looks and decides, again and again, until the task is cancelled.
    func run(_ client: LonghaulClient, _ driver: any ScaleDriver) async {
        var scaler = Autoscaler(policy)
        var isBlind = false
        var unused: Set<String> = []
        EventLog.tell(
            Note(
                "watching \(queues.map(\.name).joined(separator: ", ")): at least \(policy.minWorkers) and at most "
                    + "\(policy.maxWorkers) workers"))
        while !Task.isCancelled {
            do {
                let advice = try await advice(client, unused: &unused)
                if isBlind { EventLog.tell("the server answers again") }
                isBlind = false
                let current = await driver.current
                let desired = scaler.decide(
                    demand: advice.desiredWorkers, current: current, at: SystemTime().now())
                if desired != current {
                    EventLog.tell(
                        "scaling from \(current) to \(desired) workers: \(advice.depth) jobs are pending")
                }
                await driver.scale(to: desired)
            } catch {
                // Without sight nothing is changed: those that work go on.
                if !isBlind, !Task.isCancelled {
                    EventLog.tell(Note("the server cannot be asked: \(error)", level: .warning))
                }
                isBlind = true
            }
            try? await Task.sleep(for: interval)
        }
    }

    /// Every worker brings its slots for each queue: the queue that asks for most decides.
    ///
    /// - Parameter unused: the queues that the server does not know. Each is logged once: it may not have been used yet,
    ///   or its name may be mistyped.
    private func advice(_ client: LonghaulClient, unused: inout Set<String>) async throws -> ScaleAdvice {
        var sum = ScaleAdvice(depth: 0, desiredWorkers: 0)
        for queue in queues {
            do {
                let advice = try await client.scale(queue: queue.name, target: target, slots: queue.slots)
                unused.remove(queue.name)
                sum.depth += advice.depth
                sum.desiredWorkers = max(sum.desiredWorkers, advice.desiredWorkers)
            } catch let error as LonghaulError where error.code == .notFound {
                guard unused.insert(queue.name).inserted else { continue }
                EventLog.tell(
                    Note(
                        "the server has no queue \(queue.name) yet: it counts as empty; check the name if that is wrong"
                    ))
            }
        }
        return sum
    }
}
