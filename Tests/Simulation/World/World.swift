import LonghaulCore
import LonghaulEngine
import LonghaulFlaws
import LonghaulMemory

/// Everything that one simulation shares: the durable state, the servers on it, the faults that strike, and
/// the auditor that looks on.
final class World: @unchecked Sendable {
    let dice: Dice
    let scheduler: Scheduler
    let trace: Trace
    let scenario: Scenario
    let database: MemoryDatabase
    let artifacts = MemoryArtifactStore()
    let auditor: Auditor
    let broker: Broker
    let flaw: Flaw?
    let flawContext = FlawContext()
    /// Whether faults strike: from the start until the drain.
    var isFaulty = true
    /// Until when writing finds the disk full.
    var diskIsFullUntil: Timestamp
    /// What the disk holds if the store answers before it has written; see ``Flaw/earlyAnswer``.
    private var written: MemorySnapshot?

    init(seed: UInt64, flaw: Flaw?, isSpoken: Bool) {
        let dice = Dice(seed: seed)
        let scheduler = Scheduler(dice: dice)
        self.dice = dice
        self.scheduler = scheduler
        self.flaw = flaw
        var scenario = Scenario(dice)
        flaw?.expose(&scenario)
        self.scenario = scenario
        scheduler.clockSkipRate = scenario.clockSkipRate
        trace = Trace(isSpoken: isSpoken) { [unowned scheduler] in scheduler.now() }
        database = MemoryDatabase(time: scheduler, random: dice)
        auditor = Auditor(trace: trace, clock: scheduler)
        auditor.ageingSeconds = scenario.ageingSeconds
        broker = Broker(scheduler: scheduler, scenario: scenario, trace: trace)
        diskIsFullUntil = scheduler.now()
    }

    var now: Timestamp { scheduler.now() }

    /// Whether a fault of this rate strikes now.
    func strikes(_ perMille: Int) -> Bool {
        isFaulty && dice.chance(perMille)
    }

    /// Ends the time of faults.
    func endFaults() {
        isFaulty = false
        diskIsFullUntil = now
        broker.isFaulty = false
        scheduler.clockSkipRate = 0
        trace.note(0, words: "-- no more faults")
    }

    /// Takes a write of a store that may still lie in a cache; see ``Flaw/earlyAnswer``.
    func willWrite() {
        guard flaw == .earlyAnswer, written == nil || dice.chance(300) else { return }
        written = database.snapshot
    }

    /// Loses what lay in a cache.
    func losePower() {
        if let written { database.restore(written) }
    }
}
