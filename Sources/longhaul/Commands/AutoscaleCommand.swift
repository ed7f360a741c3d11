import LonghaulClient
import LonghaulCore

extension Commands {
    static let autoscale = Command(
        name: "autoscale", summary: "Starts and stops workers according to the load of their queues.",
        options: [
            Options.scaledQueues, Options.jobsPerWorker, Options.drainSeconds, Options.minWorkers,
            Options.maxWorkers, Options.cooldown, Options.scaleInterval, Options.scaleCommand,
            Options.handlers, Options.labels, Options.leaseSeconds, Options.drainGrace, Options.logFormat,
        ] + Options.client,
        notes: [
            "It adds workers at once. It stops workers when fewer were enough for the whole --cooldown. A stopped "
                + "worker finishes its jobs first.",
            "Workers are processes of this machine that run --handlers. With --scale-command, that command starts "
                + "and stops the workers.",
            "SIGTERM and SIGINT drain the workers and end the command. A second signal ends the command at once; its "
                + "workers end after their jobs.",
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
        EventLog.log("stopped")
        await EventLog.flush()
        return .done
    }
}

/// The settings of the autoscaler.
private struct ScalePlan: Sendable {
    /// Short, so that draining a worker does not cancel a lease call that may already have leased a job.
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
        target = drain.map { .drain(seconds: $0) } ?? jobs.map { .jobsPerWorker($0) } ?? .default
        let minWorkers = try invocation.value(Options.minWorkers)
        let maxWorkers = try invocation.value(Options.maxWorkers)
        if minWorkers > maxWorkers {
            throw invocation.settings.usageError(Options.minWorkers, "is more than --max-workers")
        }
        policy = Autoscaler.Policy(
            minWorkers: minWorkers, maxWorkers: maxWorkers,
            cooldownSeconds: try invocation.value(Options.cooldown))
        interval = .seconds(try invocation.value(Options.scaleInterval))
        command = try invocation.value(Options.scaleCommand)
        if let command, !command.contains(ScaleCommand.reference) {
            throw invocation.settings.usageError(
                Options.scaleCommand,
                "must contain the placeholder \(ScaleCommand.reference) for the number of workers")
        }
    }

    /// The driver that starts and stops the workers.
    func driver(_ invocation: Invocation, _ client: LonghaulClient) async throws -> any ScaleDriver {
        if let command {
            let current = try await client.workers().count { $0.health == .healthy && serves($0) }
            return ScaleCommand(command, current: current)
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
            + option(Options.caFile, try invocation.value(Options.caFile))
            + option(Options.clientCertificate, try invocation.value(Options.clientCertificate))
            + option(Options.clientKey, try invocation.value(Options.clientKey))
            + option(Options.keyFile, try invocation.keyFile())
            + option(Options.handlers, try invocation.value(Options.handlers))
            + option(Options.queues, queues.map { "\($0.name)=\($0.slots)" }.joined(separator: ","))
            + option(Options.labels, labels.isEmpty ? nil : labels.joined(separator: ","))
            + option(Options.pollSeconds, "\(Self.pollSeconds)")
            + option(Options.leaseSeconds, "\(try invocation.value(Options.leaseSeconds))")
            + option(Options.shutdownGrace, "\(try invocation.value(Options.drainGrace))")
            + option(Options.logFormat, "\(try invocation.value(Options.logFormat))")
            + option(Options.config, try invocation.value(Options.config))
    }

    /// Reads the load and scales the workers, until the task is cancelled.
    func run(_ client: LonghaulClient, _ driver: any ScaleDriver) async {
        var scaler = Autoscaler(policy)
        var isUnreachable = false
        var unused: Set<String> = []
        EventLog.log(
            Note(
                "watching \(queues.map(\.name).joined(separator: ", ")): at least \(policy.minWorkers) and at most "
                    + "\(policy.maxWorkers) workers"))
        while !Task.isCancelled {
            do {
                let advice = try await advice(client, unused: &unused)
                if isUnreachable { EventLog.log("the server answers again") }
                isUnreachable = false
                let current = await driver.current
                let desired = scaler.decide(
                    demand: advice.desiredWorkers, current: current, at: SystemTime().now())
                if desired != current {
                    EventLog.log(
                        "scaling from \(current) to \(desired) workers: \(advice.depth) jobs are pending")
                }
                await driver.scale(to: desired)
            } catch {
                // The number of workers does not change while the load is unknown.
                if !isUnreachable, !Task.isCancelled {
                    EventLog.log(Note("cannot read the load from the server: \(error)", level: .warning))
                }
                isUnreachable = true
            }
            try? await Task.sleep(for: interval)
        }
    }

    /// The maximum of the advice for each queue, because each worker has slots for all queues.
    ///
    /// - Parameter unused: the queues that the server does not know. Each is logged once, because its name may be
    ///   mistyped.
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
                EventLog.log(
                    Note(
                        "the server has no queue \(queue.name): it counts as empty; check the name if this is not expected"
                    ))
            }
        }
        return sum
    }
}
