import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// One run of a process by a worker. The worker can crash before and after each call.
final class ProcessRun {
    /// The run is over: the job is suspended or has ended, the lease is lost, or the worker has crashed.
    private struct Over: Error {}

    private let world: World
    private let cluster: Cluster
    private let lease: Lease
    private let script: ProcessScript
    private var journal: [String: JournalOperation] = [:]

    private var dice: Dice { world.dice }
    private var token: LeaseToken { lease.token }

    /// Nil for a job that runs no script.
    init?(_ lease: Lease, world: World, cluster: Cluster) {
        guard let script = ProcessScript(lease.job.spec.payload) else { return nil }
        self.world = world
        self.cluster = cluster
        self.lease = lease
        self.script = script
    }

    /// Runs the code until it waits or ends. Returns whether the job may be completed.
    func run() async -> Bool {
        do {
            remember(lease.journal.operations)
            if lease.journal.next != nil { try await reload() }
            guard !lease.job.isCancelling else {
                try await compensate()
                return true
            }
            for (index, line) in script.lines.enumerated() { try await run(line, "\(index)") }
            guard script.round + 1 < script.rounds else { return true }
            let payload = script.payload(round: script.round + 1)
            _ = try await call { [token] in try await $0.continueAsNew(token, payload: payload) }
            return false
        } catch {
            return false
        }
    }

    /// Whether the process fails instead of completing.
    var fails: Bool { script.fails && !lease.job.isCancelling }

    private func remember(_ operations: [JournalOperation]) {
        for operation in operations { journal[operation.id] = operation }
    }

    // MARK: Calls

    /// Makes a call until it is answered. A crash can come before and after it.
    private func call<Value: Sendable>(
        _ body: @escaping @Sendable (Engine) async throws -> Value
    ) async throws -> Value {
        for _ in 0..<6 {
            if world.faultOccurs(world.scenario.workerCrashes / 3) {
                world.trace.fault("worker crash", "in a process")
                throw Over()
            }
            do {
                let value = try await cluster.call(body)
                if world.faultOccurs(world.scenario.workerCrashes / 3) {
                    world.trace.fault("worker crash", "in a process")
                    throw Over()
                }
                return value
            } catch {
                guard (error as? LonghaulError)?.isTransient ?? false else { throw Over() }
                await world.scheduler.pause(seconds: dice.seconds(0.05...1))
            }
        }
        throw Over()
    }

    private func update(_ updates: [OperationUpdate]) async throws {
        guard !updates.isEmpty else { return }
        remember(try await call { [token] in try await $0.updateJournal(token, updates) })
    }

    private func reload() async throws {
        var next: Int64? = 0
        while let number = next {
            let page = try await call { [token] in try await $0.journal(token, after: number) }
            remember(page.operations)
            next = page.next
        }
    }

    /// Suspends the job unless one of these operations has ended.
    private func suspend(on ids: [String]) async throws {
        guard case .ready = try await call({ [token] in try await $0.suspend(token, on: ids) }) else {
            throw Over()
        }
        try await reload()
    }

    // MARK: Lines

    private func run(_ line: ProcessScript.Line, _ id: String) async throws {
        switch line {
        case .one(let part): try await all([part], [id])
        case .all(let parts): try await all(parts, parts.indices.map { "\(id).\($0)" })
        case .race(let parts): try await race(parts, parts.indices.map { "\(id).\($0)" })
        case .compensated:
            try await step(id)
            try await update([OperationUpdate(.start, .marker, id: "compensation/\(id)", name: "undo")])
        }
    }

    private func all(_ parts: [ProcessScript.Part], _ ids: [String]) async throws {
        try await update(missing(parts, ids))
        for (part, id) in zip(parts, ids) {
            if case .step = part { try await step(id) }
        }
        while true {
            let waiting = ids.filter { journal[$0]?.status == .waiting }
            if waiting.isEmpty { return }
            try await suspend(on: waiting)
        }
    }

    private func race(_ parts: [ProcessScript.Part], _ ids: [String]) async throws {
        try await update(missing(parts, ids))
        for (part, id) in zip(parts, ids) {
            if case .step = part { try await step(id) }
        }
        while !ids.contains(where: { journal[$0]?.status.isFinal == true }) { try await suspend(on: ids) }
        let losers = ids.compactMap { journal[$0] }.filter { !$0.status.isFinal }
        try await update(losers.map { OperationUpdate(.cancel, $0.type, id: $0.id, name: $0.name) })
    }

    /// The starts of the parts that the journal does not have.
    private func missing(_ parts: [ProcessScript.Part], _ ids: [String]) -> [OperationUpdate] {
        zip(parts, ids).filter { journal[$0.1] == nil || dice.chance(50) }.map { start($0.0, $0.1) }
    }

    private func start(_ part: ProcessScript.Part, _ id: String) -> OperationUpdate {
        var update = OperationUpdate(.start, part.type, id: id, name: part.type.rawValue)
        switch part {
        case .step: break
        case .timer(let seconds): update.options.seconds = seconds
        case .signal(let timeoutSeconds):
            update.options.timeoutSeconds = timeoutSeconds
            update.name = timeoutSeconds == nil ? ProcessScript.signal : ProcessScript.timedSignal
        case .child(let isProcess): update.options.job = child(isProcess: isProcess, id)
        case .marker: update.output = JSONText(validated: Array("\(dice.below(1000))".utf8))
        }
        return update
    }

    private func child(isProcess: Bool, _ id: String) -> NewJob {
        guard !isProcess else {
            return ProcessScript(number: script.number * 4 + 1 + 2 * script.round, round: 0).job
        }
        var job = NewJob(JobSpec(kind: "work", payload: JSONText(validated: Array("\"\(id)\"".utf8))))
        job.spec.maxAttempts = 2
        job.spec.backoff = Backoff(growth: .fixed, initialSeconds: 1)
        return job
    }

    // MARK: Steps

    private func step(_ id: String) async throws {
        let name = OperationType.step.rawValue
        if journal[id] == nil { try await update([OperationUpdate(.start, .step, id: id, name: name)]) }
        while let operation = journal[id], !operation.status.isFinal {
            guard operation.status != .waiting else {
                try await suspend(on: [id])
                continue
            }
            await world.scheduler.pause(seconds: dice.seconds(0...(world.isFaulty ? 1 : 0.1)))
            var report = OperationUpdate(.succeed, .step, id: id, name: name)
            if operation.attempt < 5, world.faultOccurs(world.scenario.failures) {
                world.trace.fault("failed step")
                report.action = .retry
                report.error = JobError(type: "broken", message: "it broke")
                report.options.delaySeconds = dice.seconds(0...3)
            } else {
                // The output differs at each run, so that a second record shows.
                report.output = JSONText(validated: Array("\"\(token.fence)-\(dice.below(1_000_000))\"".utf8))
            }
            try await update([report])
        }
    }

    /// Runs a step for each compensation, the latest first.
    private func compensate() async throws {
        let registered = journal.values.filter { $0.id.hasPrefix("compensation/") }
        for marker in registered.sorted(by: { $0.number > $1.number }) { try await step("undo-\(marker.id)") }
    }
}

extension ProcessScript.Part {
    fileprivate var type: OperationType {
        switch self {
        case .step: .step
        case .timer: .timer
        case .signal: .signal
        case .child: .job
        case .marker: .marker
        }
    }
}
