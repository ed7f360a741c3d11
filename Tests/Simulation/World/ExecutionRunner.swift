import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulStore

/// Leases executions and runs them, step after step. It can crash before and after each call.
final class ExecutionRunner: @unchecked Sendable {
    /// The run is over: the job has been released, the lease is lost, or the runner has crashed.
    private struct Over: Error {}

    private let world: World
    private let cluster: Cluster
    private let number: Int
    private var isStopping = false

    private var dice: Dice { world.dice }

    init(world: World, cluster: Cluster, number: Int) {
        self.world = world
        self.cluster = cluster
        self.number = number
    }

    /// Runs executions until it is stopped.
    func run() async {
        while !isStopping {
            let request = LeaseRequest(
                worker: WorkerInfo(id: "runner\(number)", name: "runner \(number)"),
                queues: [JobSpec.executionQueue], kinds: [JobSpec.executionKind],
                leaseSeconds: dice.seconds(2...6), waitSeconds: dice.seconds(0...4))
            let leases = try? await cluster.call { try await $0.lease(request) }
            for lease in leases ?? [] { try? await run(lease) }
            if leases == nil { await world.scheduler.pause(seconds: dice.seconds(0.1...2)) }
        }
    }

    func stop() { isStopping = true }

    private func run(_ lease: Lease) async throws {
        let token = lease.token
        guard let script = ExecutionScript(lease.job.spec.payload) else { return }
        var steps: ExecutionSteps?
        while true {
            let (known, withParts) = (steps, steps == nil)
            let state = try await call { try await $0.execution(token, withParts: withParts) }
            var next = try known ?? ExecutionSteps(state.parts)
            let advance = next.step(script, try state.reports.map { try StoredReport($0) }, at: world.now) {
                child($0)
            }
            if world.faultOccurs(world.scenario.stalls) {
                await world.scheduler.pause(seconds: dice.seconds(0.5...8))
            }
            guard case .held = try await call({ try await $0.advance(token, advance) }) else { return }
            // A snapshot in memory must not differ from the stored one.
            steps = dice.chance(500) ? next : nil
        }
    }

    private func child(_ task: String) -> Submission {
        var spec = JobSpec(kind: "work", payload: JSONText(validated: Array("\"task \(task)\"".utf8)))
        spec.maxAttempts = 2
        spec.backoff = Backoff(growth: .fixed, initialSeconds: 1)
        return Submission(id: JobID(at: world.now, random: dice), spec: spec, caller: "runner")
    }

    /// Makes a call until it is answered. A crash can come before and after it.
    private func call<Value: Sendable>(
        _ body: @escaping @Sendable (Engine) async throws -> Value
    ) async throws -> Value {
        for _ in 0..<6 {
            try crash()
            do {
                let value = try await cluster.call(body)
                try crash()
                return value
            } catch {
                guard (error as? LonghaulError)?.isTransient ?? false else { throw Over() }
                await world.scheduler.pause(seconds: dice.seconds(0.05...1))
            }
        }
        throw Over()
    }

    private func crash() throws {
        guard world.faultOccurs(world.scenario.workerCrashes / 3) else { return }
        world.trace.fault("worker crash", "in an execution")
        throw Over()
    }
}

/// Starts executions, reports on their tasks, stops and redrives them.
final class ExecutionCaller: @unchecked Sendable {
    private let world: World
    private let cluster: Cluster
    private let changes: AuditedChanges
    /// The executions that a call has started.
    private(set) var started: [String: JobID] = [:]
    /// The tasks on which a report was accepted as the last one.
    private(set) var reported: [JobID: Set<String>] = [:]

    private var dice: Dice { world.dice }

    init(world: World, cluster: Cluster, changes: AuditedChanges) {
        self.world = world
        self.cluster = cluster
        self.changes = changes
    }

    /// Works for the time of the faults.
    func run() async {
        guard world.scenario.executions > 0 else { return }
        let end = world.now.adding(seconds: world.scenario.faultSeconds)
        var number = 0
        while world.now < end {
            await world.scheduler.pause(seconds: dice.seconds(0.1...3))
            if number < world.scenario.executions, dice.chance(500) {
                await start("execution-\(number)")
                number += 1
            }
            guard let id = dice.pick(executions(ended: false)) else { continue }
            await report(id)
            if world.scenario.operatorSeconds != nil { await operate(id) }
        }
    }

    /// Stops or cancels an execution, or redrives, retries or deletes one that has ended.
    private func operate(_ id: JobID) async {
        switch dice.below(40) {
        case 0, 1: try? await cluster.call { try await $0.report(.stop(error: "E", cause: nil), to: id) }
        case 2: _ = await changes.make("cancel", records: 1...100) { try await $0.cancel(id) }
        default: break
        }
        guard let ended = dice.pick(executions(ended: true)) else { return }
        switch dice.below(20) {
        case 0: try? await cluster.call { try await $0.report(.redrive, to: ended) }
        case 1: _ = await changes.make("retry") { try await $0.retry(ended) }
        case 2: _ = await changes.make("delete") { try await $0.delete(ended) }
        default: break
        }
    }

    /// Reports on all open tasks.
    func finish() async {
        for id in executions(ended: false) { await report(id) }
    }

    private func executions(ended: Bool) -> [JobID] {
        world.auditor.jobs.filter { _, model in
            model.spec.kind == JobSpec.executionKind && model.state.isFinal == ended && !model.isRemoved
        }.map(\.key).sorted()
    }

    /// Starts an execution until the call is answered. Its name makes the call idempotent.
    private func start(_ name: String) async {
        let script = ExecutionScript(number: dice.below(100_000))
        let key = RecordKey(.execution, name)
        for _ in 0..<12 {
            var spec = JobSpec(
                kind: JobSpec.executionKind, payload: script.payload, queue: JobSpec.executionQueue)
            spec.maxAttempts = 100
            spec.backoff = Backoff(growth: .fixed, initialSeconds: 1)
            let submission = Submission(
                id: JobID(at: world.now, random: dice), spec: spec, caller: "tests")
            let value = JSONText(validated: Array("\"\(submission.id)\"".utf8))
            let write = RecordWrite(key, value, if: .absent)
            do {
                switch try await cluster.call({ try await $0.write([write], starting: submission) }) {
                case .written: started[name] = submission.id
                case .conflict:
                    let record = try await cluster.call { try await $0.record(key) }
                    guard let record, let id = JobID(String(record.value.description.dropFirst().dropLast()))
                    else { return }
                    started[name] = id
                }
                return
            } catch {
                await world.scheduler.pause(seconds: dice.seconds(0.05...2))
            }
        }
    }

    /// Reports on an open task, until the call is answered.
    private func report(_ id: JobID) async {
        let tasks = try? await cluster.call { engine in
            try await engine.records(RecordRange(.task, of: id, limit: 10)).map(\.key.name)
        }
        guard let task = dice.pick(tasks ?? []) else { return }
        let call = TaskCall(
            jobID: id, task: task, secret: ExecutionScript.secret(task), value: .null, isFinal: true)
        for _ in 0..<6 {
            do {
                try await cluster.call { try await $0.report(call) }
                if !reported[id, default: []].insert(task).inserted {
                    world.auditor.report("the task \(task) of \(world.auditor.name(id)) got two last reports")
                }
                return
            } catch {
                guard (error as? LonghaulError)?.isTransient ?? true else { return }
                await world.scheduler.pause(seconds: dice.seconds(0.05...1))
            }
        }
    }
}
