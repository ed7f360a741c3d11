import LonghaulCore
import LonghaulEngine
import LonghaulMemory

/// The objects that a run of real workers shares: a healthy engine, the faults between it and the workers, and what each
/// attempt did.
final class WorkerWorld: LonghaulLogger, @unchecked Sendable {
    let dice: Dice
    let scheduler: Scheduler
    let trace: Trace
    let scenario: WorkerScenario
    let engine: Engine
    /// Whether faults are injected.
    var isFaulty = true
    /// Whether the jobs have ended, so that the workers stop.
    var isOver = false
    /// The time until which the server answers no call.
    var isDownUntil: Timestamp
    private(set) var attempts: [LeaseToken: AttemptRecord] = [:]
    /// The tokens in the order in which the workers received them.
    private(set) var order: [LeaseToken] = []
    private(set) var violations: [String] = []
    /// The log of the workers.
    private(set) var notes: [Note] = []

    init(seed: UInt64, isPrinted: Bool) {
        let dice = Dice(seed: seed)
        let scheduler = Scheduler(dice: dice)
        self.dice = dice
        self.scheduler = scheduler
        scenario = WorkerScenario(dice)
        trace = Trace(isPrinted: isPrinted) { [unowned scheduler] in scheduler.now() }
        var configuration = EngineConfiguration()
        // The end of an outage would extend the leases.
        configuration.limits.outageSeconds = nil
        engine = Engine(
            store: MemoryStore.open(MemoryDatabase(time: scheduler, random: dice)),
            queue: StoreQueue(time: scheduler), artifacts: MemoryArtifactStore(),
            configuration: configuration, time: scheduler, random: dice)
        isDownUntil = scheduler.now()
    }

    var now: Timestamp { scheduler.now() }

    func occurs(_ perMille: Int) -> Bool { isFaulty && dice.chance(perMille) }

    /// Reports that a rule is broken.
    func report(_ violation: String) {
        violations.append(violation)
        trace.note(0xBAD, words: "!! \(violation)")
    }

    func log(_ note: Note) {
        notes.append(note)
        trace.note(7, UInt64(note.message.utf8.count), words: "   \(note.message)")
    }

    /// Records a lease that a worker received.
    func received(_ lease: Lease, by worker: String) {
        guard attempts[lease.token] == nil else { return }
        attempts[lease.token] = AttemptRecord(token: lease.token, job: lease.job, worker: worker, at: now)
        order.append(lease.token)
        trace.note(
            1, lease.token.jobID.low, UInt64(lease.token.fence),
            words: "\(worker) got attempt \(lease.attempt) of \(name(lease.job.id))")
    }

    /// The attempt that a handler begins.
    func attempt(of job: Job, by worker: String) -> AttemptRecord? {
        attempts.values.first {
            $0.worker == worker && $0.job.id == job.id && $0.job.attempt == job.attempt
                && $0.job.startedAt == job.startedAt
        }
    }

    /// The attempts of a job, the oldest first.
    func attempts(of id: JobID) -> [AttemptRecord] {
        order.filter { $0.jobID == id }.compactMap { attempts[$0] }
    }

    func name(_ id: JobID) -> String { "job \(id.description.suffix(4))" }
}
