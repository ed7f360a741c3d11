import LonghaulCore
import LonghaulEngine
import LonghaulFlaws
import LonghaulMemory
import LonghaulStore

/// The objects that one simulation shares: the durable state, the faults, the broker and the auditor.
final class World: @unchecked Sendable {
    let dice: Dice
    let scheduler: Scheduler
    let trace: Trace
    let scenario: Scenario
    let database: MemoryDatabase
    /// The machine of the SQLite store; nil with the store in memory.
    let machine: Machine?
    let artifacts = MemoryArtifactStore()
    let auditor: Auditor
    let auditClock: AuditClock
    let punctuality: Punctuality
    let notifications: Notifications
    let broker: Broker
    let receivers: Receivers
    let flaw: Flaw?
    let flawContext = FlawContext()
    /// Sent when a commit makes a job pending.
    let jobIsPending = WakeSignal()
    /// Whether faults are injected: from the start until the drain.
    var isFaulty = true
    /// The time until which the disk is full.
    var diskIsFullUntil: Timestamp
    /// The contents of the disk if the store answers before it has written; see ``Flaw/earlyAnswer``.
    private var written: MemorySnapshot?

    init(seed: UInt64, store: SimulatedStore, flaw: Flaw?, isPrinted: Bool) {
        let dice = Dice(seed: seed)
        let scheduler = Scheduler(dice: dice)
        self.dice = dice
        self.scheduler = scheduler
        self.flaw = flaw
        var scenario = Scenario(dice)
        scenario.isPunctual = scenario.isPunctual && store == .memory && flaw == nil
        if scenario.isPunctual { scenario.makePunctual() }
        flaw?.expose(&scenario)
        if store == .sqlite { scenario.fitSQLite(dice) }
        self.scenario = scenario
        scheduler.clockSkipRate = scenario.clockSkipRate
        trace = Trace(isPrinted: isPrinted) { [unowned scheduler] in scheduler.now() }
        database = MemoryDatabase(time: scheduler, random: dice)
        machine = store == .sqlite ? Machine(dice: dice) : nil
        auditClock = AuditClock(scheduler)
        punctuality = Punctuality(scheduler: scheduler, isActive: scenario.isPunctual)
        auditor = Auditor(trace: trace, clock: auditClock, punctuality: punctuality)
        auditor.ageingSeconds = scenario.ageingSeconds
        auditor.sortsPartitionsLater = store == .sqlite
        punctuality.auditor = auditor
        broker = Broker(scheduler: scheduler, scenario: scenario, trace: trace, punctuality: punctuality)
        notifications = Notifications(
            scheduler: scheduler, trace: trace, losses: scenario.isPunctual ? 0 : scenario.losses)
        receivers = Receivers(scheduler: scheduler, scenario: scenario, auditor: auditor)
        diskIsFullUntil = scheduler.now()
    }

    var now: Timestamp { scheduler.now() }

    /// Whether a fault with this rate occurs now.
    func faultOccurs(_ perMille: Int) -> Bool {
        isFaulty && dice.chance(perMille)
    }

    /// Ends the time of faults.
    func endFaults() {
        isFaulty = false
        diskIsFullUntil = now
        broker.isFaulty = false
        receivers.isFaulty = false
        notifications.isFaulty = false
        scheduler.clockSkipRate = 0
        trace.note(0, words: "-- no more faults")
    }

    /// Records a write that may still be in a cache; see ``Flaw/earlyAnswer``.
    func willWrite() {
        guard flaw == .earlyAnswer, written == nil || dice.chance(300) else { return }
        written = database.snapshot
    }

    /// Loses the writes that were in a cache.
    func losePower() {
        if let written { database.restore(written) }
        machine?.fail(trace)
    }

    /// Opens the store as a server's process.
    func openStore(_ life: ProcessLife) throws(LonghaulError) -> any JobStore {
        guard let machine else { return Store(FaultyDriver(world: self, life: life)) }
        return Store(try SQLiteProcess(world: self, machine: machine, life: life))
    }
}
