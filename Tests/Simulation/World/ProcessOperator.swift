import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// Starts processes, sends them signals, and acts on them as operators do: pause, resume, restart and fork.
final class ProcessOperator: @unchecked Sendable {
    private let world: World
    private let cluster: Cluster
    private let answers: AnswerRecord
    private let changes: AuditedChanges
    /// A number that makes each signal differ from the others.
    private var number = 0

    private var dice: Dice { world.dice }

    init(world: World, cluster: Cluster, answers: AnswerRecord, changes: AuditedChanges) {
        self.world = world
        self.cluster = cluster
        self.answers = answers
        self.changes = changes
    }

    /// Works for the time of the faults.
    func run() async {
        guard world.scenario.processes > 0 else { return }
        let end = world.now.adding(seconds: world.scenario.faultSeconds)
        var started = 0
        while world.now < end {
            await world.scheduler.pause(seconds: dice.seconds(0.1...3))
            if started < world.scenario.processes, dice.chance(500) {
                await submit(started)
                started += 1
            }
            guard let id = dice.pick(processes.sorted()) else { continue }
            switch dice.below(10) {
            case 0...4: await signal(id)
            case 5: await signalByToken(id)
            case 6...9 where world.scenario.operatorSeconds != nil: await operate(id)
            default: break
            }
        }
    }

    /// The processes that have not ended. A fork has no submission.
    private var processes: [JobID] {
        let auditor = world.auditor
        return auditor.jobs.filter { id, model in
            let isProcess =
                model.submission?.spec.kind == ProcessScript.kind || auditor.journals[id]?.payload != nil
            return isProcess && !model.state.isFinal && !model.isRemoved
        }.map(\.key)
    }

    /// Resumes processes, and sends the signals that they wait for without a limit.
    func finish() async {
        for id in processes.sorted() {
            guard let journal = world.auditor.journals[id] else { continue }
            if journal.isPaused {
                _ = await changes.make("resume", records: 0...1) { try await $0.resume(id) }
            }
            for operation in journal.operations
            where operation.status == .waiting && operation.type == .signal && operation.until == nil {
                await send(id, ProcessScript.signal)
            }
        }
    }

    private func submit(_ index: Int) async {
        var job = ProcessScript(number: dice.below(100_000) * 2, round: 0).job
        job.idempotencyKey = "process-\(index)"
        for _ in 0..<12 {
            if let accepted = try? await cluster.call({ [job] in try await $0.submit(job) }) {
                return answers.acknowledge(process: accepted.job.id)
            }
            await world.scheduler.pause(seconds: dice.seconds(0.05...2))
        }
    }

    // MARK: Signals

    private func signal(_ id: JobID) async {
        await send(id, dice.chance(700) ? ProcessScript.signal : ProcessScript.timedSignal)
    }

    /// Sends a signal until it is answered, and sometimes again.
    private func send(_ id: JobID, _ name: String) async {
        number += 1
        let value = JSONText(validated: Array("\(number)".utf8))
        let key = "signal-\(number)"
        for _ in 0..<6 {
            do {
                let isNew = try await cluster.call {
                    try await $0.signal(id, name: name, value: value, key: key)
                }
                world.trace.note(id.low, isNew ? 1 : 0, words: "signal \(name) is \(isNew ? "new" : "known")")
                guard dice.chance(200) else { return }
            } catch {
                guard (error as? LonghaulError)?.isTransient ?? true else { return }
            }
            await world.scheduler.pause(seconds: dice.seconds(0.05...1))
        }
    }

    private func signalByToken(_ id: JobID) async {
        let operations = world.auditor.journals[id]?.operations ?? []
        guard let operation = dice.pick(operations.filter { $0.type == .signal }) else { return }
        number += 1
        let value = JSONText(validated: Array("\"token-\(number)\"".utf8))
        let token = SignalToken(jobID: id, number: operation.number, secret: operation.secret)
        for _ in 0..<(1 + dice.below(2)) {
            try? await cluster.call { try await $0.signal(token, value: value) }
        }
    }

    // MARK: Operator actions

    private func operate(_ id: JobID) async {
        let operation = dice.pick(world.auditor.journals[id]?.operations ?? [])?.id
        switch dice.below(7) {
        case 0, 1: _ = await changes.make("pause", records: 0...1) { try await $0.pause(id) }
        case 2, 3: _ = await changes.make("resume", records: 0...1) { try await $0.resume(id) }
        case 4: _ = await changes.make("cancel", records: 1...100) { try await $0.cancel(id) }
        case 5:
            guard let operation else { return }
            _ = await changes.make("restart") { try await $0.restart(id, from: operation) }
        default:
            guard let operation else { return }
            let copy = await changes.make("fork") { try await $0.fork(id, from: operation) }
            if let copy { answers.acknowledge(process: copy.id) }
        }
    }
}
