import CTaskHook
import LonghaulCore
import LonghaulEngine
import LonghaulFlaws

/// One run of one seed.
struct Simulation {
    /// The result.
    struct Outcome: Sendable {
        var seed: UInt64
        var digest: UInt64
        var events: Int
        var steps: Int
        var jobs: Int
        var faults: [String: Int]
        var violations: [String]
    }

    /// How long the jobs have to end after the faults have stopped, in seconds.
    private static let drainSeconds = 1800.0

    let seed: UInt64
    var store = SimulatedStore.memory
    var flaw: Flaw?
    var isPrinted = false

    /// Runs it on the calling thread.
    func run() -> Outcome {
        task_hook_begin()
        defer { task_hook_end() }
        let world = World(seed: seed, store: store, flaw: flaw, isPrinted: isPrinted)
        let auditor = world.auditor
        switch world.scheduler.run({ await Self.simulate(in: world) }) {
        case .done: break
        case .stuck: auditor.report("all tasks wait, and nothing can wake them")
        case .tooLong: auditor.report("the tasks do not end")
        case .leftBehind(let count):
            auditor.report("\(count) tasks still sleep after the servers were stopped")
        }
        return Outcome(
            seed: seed, digest: world.trace.digest ^ UInt64(world.scheduler.steps),
            events: world.trace.events,
            steps: world.scheduler.steps, jobs: auditor.jobs.count, faults: world.trace.faults,
            violations: auditor.violations)
    }

    private static func simulate(in world: World) async {
        let answers = AnswerRecord(auditor: world.auditor)
        let cluster = Cluster(world: world)
        await Fixtures.start(cluster, in: world)
        let watch = Task { await world.punctuality.run() }
        let planner = Planner(world: world, cluster: cluster, answers: answers)
        let changes = AuditedChanges(cluster: cluster)
        let processes = ProcessOperator(world: world, cluster: cluster, answers: answers, changes: changes)
        let executions = ExecutionCaller(world: world, cluster: cluster, changes: changes)
        let keys = KeyRecord(auditor: world.auditor)
        let administrator = Administrator(world: world, changes: changes, answers: answers, keys: keys)
        let workers = (1...world.scenario.workers).map {
            SimulatedWorker(world: world, cluster: cluster, answers: answers, number: $0)
        }
        let runners = (0..<min(2, world.scenario.executions)).map {
            ExecutionRunner(world: world, cluster: cluster, number: $0)
        }
        await withTaskGroup(of: Void.self) { running in
            for worker in workers { running.addTask { await worker.run() } }
            for runner in runners { running.addTask { await runner.run() } }
            await withTaskGroup(of: Void.self) { group in
                for number in 1...world.scenario.clients {
                    let client = Client(world: world, cluster: cluster, answers: answers, number: number)
                    group.addTask { await client.run() }
                }
                group.addTask { await planner.begin() }
                group.addTask { await administrator.run() }
                group.addTask { await processes.run() }
                group.addTask { await executions.run() }
                let faults = FaultInjector(
                    world: world, cluster: cluster, answers: answers, workers: workers, changes: changes)
                group.addTask {
                    await faults.run()
                    world.endFaults()
                    guard let doctor = Doctor(world: world) else { return }
                    doctor.check()
                    if world.dice.chance(300) { doctor.damageAndRepair() }
                }
            }
            await planner.end()
            await administrator.end()
            await drain(world, cluster, processes, executions)
            for worker in workers { worker.stop() }
            for runner in runners { runner.stop() }
            world.punctuality.stop()
        }
        await watch.value
        Doctor(world: world)?.check()
        await FinalChecks(
            world: world, answers: answers, changes: changes, keys: keys, executions: executions
        ).run()
        await cluster.stop()
    }

    /// Resumes every queue, and waits until every job and every webhook has ended or the time is over.
    private static func drain(
        _ world: World, _ cluster: Cluster, _ processes: ProcessOperator, _ executions: ExecutionCaller
    ) async {
        for name in Fixtures.queues {
            await Fixtures.repeatUntilAnswered(world) {
                _ = try await cluster.call { try await $0.setQueue(name, QueueSettings()) }
            }
        }
        let deadline = world.now.adding(seconds: drainSeconds)
        let auditor = world.auditor
        while world.now < deadline,
            auditor.hasPendingWebhooks
                || auditor.jobs.values.contains(where: { !$0.state.isFinal && !$0.isRemoved })
        {
            await processes.finish()
            await executions.finish()
            await world.scheduler.pause(seconds: 2)
        }
    }
}
