import LonghaulCore
import LonghaulEngine

/// Injects faults from outside the servers: kills, full disks, clock jumps, and operator actions (cancel, retry, delete,
/// edit, pause, queue settings, sending a webhook again).
struct FaultInjector {
    let world: World
    let cluster: Cluster
    let answers: AnswerRecord
    let workers: [SimulatedWorker]
    let changes: AuditedChanges

    private var dice: Dice { world.dice }

    /// Injects faults for the time of the scenario.
    func run() async {
        let end = world.now.adding(seconds: world.scenario.faultSeconds)
        await withTaskGroup(of: Void.self) { group in
            repeatFault(&group, until: end, every: world.scenario.operatorSeconds) { await operate() }
            repeatFault(&group, until: end, every: world.scenario.fullDiskSeconds) {
                world.trace.fault("disk fills up")
                world.diskIsFullUntil = world.now.adding(seconds: dice.seconds(0.5...6))
            }
            repeatFault(&group, until: end, every: world.scenario.clockJumpSeconds) {
                dice.pick(workers)?.jumpClock()
            }
            repeatFault(&group, until: end, every: world.scenario.crashes > 0 ? 12 : nil) {
                cluster.killOne()
            }
            await world.scheduler.pause(seconds: world.scenario.faultSeconds)
        }
    }

    private func repeatFault(
        _ group: inout TaskGroup<Void>, until end: Timestamp, every seconds: Double?,
        _ body: @escaping @Sendable () async -> Void
    ) {
        guard let seconds else { return }
        group.addTask { [world] in
            while true {
                let pause = world.dice.seconds(0.1 * seconds...2 * seconds)
                guard world.now.adding(seconds: pause) < end else { return }
                await world.scheduler.pause(seconds: pause)
                await body()
            }
        }
    }

    private func operate() async {
        if dice.chance(100) {
            var settings = Fixtures.limitedSettings(world)
            if dice.chance(500) { settings.rateLimit = dice.chance(300) ? nil : Scenario.rateLimit(dice) }
            _ = await changes.make("set-queue", records: 0...1) { [settings] in
                try await $0.setQueue(Fixtures.limited, settings)
            }
            return
        }
        let deliveries = world.auditor.deliveries
        if !deliveries.isEmpty, dice.chance(100), let id = dice.pick(deliveries.keys.sorted()),
            let job = deliveries[id]?.jobID
        {
            _ = await changes.make("redeliver", records: 0...1) { try await $0.redeliver(id, of: job) }
            return
        }
        let name = dice.chance(700) ? "bounded" : "default"
        if dice.chance(300) {
            var settings = QueueSettings()
            if name == "bounded" {
                settings.maxDepth = world.scenario.maxDepth
                settings.maxConcurrency = world.scenario.maxConcurrency
            }
            settings.paused = dice.chance(300)
            _ = await changes.make("set-queue", records: 0...1) { [settings] in
                try await $0.setQueue(name, settings)
            }
            return
        }
        if dice.chance(150) {
            let action: DeadLetterAction = dice.chance(700) ? .redrive : .discard
            _ = await changes.make("resolve", records: 0...100) { engine in
                try await engine.resolveDeadLetters(.filter(JobFilter(), limit: nil), by: action)
            }
            return
        }
        guard let id = dice.pick(answers.acknowledged.keys.sorted()) else { return }
        switch dice.below(6) {
        // The cancellation of the jobs that it has created has records of its own.
        case 0, 1: _ = await changes.make("cancel", records: 1...100) { try await $0.cancel(id) }
        case 2, 3: _ = await changes.make("retry") { try await $0.retry(id) }
        case 4: _ = await changes.make("delete") { try await $0.delete(id) }
        default:
            let edit = edit()
            _ = await changes.make("edit") { try await $0.edit(id, edit) }
        }
    }

    private func edit() -> JobEdit {
        var edit = JobEdit()
        if dice.chance(600) { edit.priority = dice.below(10) }
        if dice.chance(400) { edit.runAt = world.now.adding(seconds: dice.seconds(-5...20)) }
        if dice.chance(300) { edit.tags = ["note": dice.chance(500) ? "\(dice.below(3))" : nil] }
        return edit
    }
}
