import LonghaulMemory

/// A way in which an engine could be broken. Each must be found: that is how we know that the checks can fail.
enum Flaw: String, CaseIterable, Sendable {
    /// A write is taken from any token of a job that is being processed.
    case noFence = "no-fence"
    /// The store answers before what it wrote is durable.
    case earlyAnswer = "early-answer"
    /// The reaper ends the leases that it found a moment ago, without looking again.
    case blindReaper = "blind-reaper"
    /// A claim takes the jobs that it found a moment ago, without looking again.
    case blindClaim = "blind-claim"
    /// Only the broker's messages bring work to workers, and nobody looks for those it lost.
    case lostOutbox = "lost-outbox"
    /// The room in a queue is checked outside the transaction that fills it.
    case earlyDepthCheck = "early-depth-check"
    /// Keys are looked up outside the transaction that stores them.
    case earlyKeyCheck = "early-key-check"
    /// An attempt that ends with its lease is not counted.
    case uncountedExpiry = "uncounted-expiry"
    /// The jobs that come next are stored in a second transaction.
    case nextApart = "next-apart"
    /// A heartbeat renews a lease that has ended.
    case undeadHeartbeat = "undead-heartbeat"
    /// The jobs that wait for one whose lease ended for the last time are forgotten.
    case forgottenDependents = "forgotten-dependents"
    /// A child that ends in any other way than completing is not seen by the job that waits for it.
    case hungJoin = "hung-join"
    /// A tick of a schedule is done without looking whether another server has done it.
    case blindTick = "blind-tick"
    /// A cancelled job can still be completed by who held it.
    case openCancel = "open-cancel"
    /// A job that expires is not counted where it goes.
    case driftingCounts = "drifting-counts"

    /// The flaw of the memory database that makes it; nil where it is made around the database.
    var inDatabase: MemoryFlaw? { MemoryFlaw(rawValue: rawValue) }

    /// Makes sure that the scenario gives the flaw a chance to do harm.
    func expose(_ scenario: inout Scenario) {
        switch self {
        case .lostOutbox:
            scenario.hasBroker = true
            scenario.drops = max(scenario.drops, 100)
        case .blindTick:
            scenario.hasSchedule = true
            scenario.troubleSeconds = max(scenario.troubleSeconds, 130)
            scenario.servers = max(scenario.servers, 2)
        case .earlyAnswer, .nextApart: scenario.crashes = max(scenario.crashes, 5)
        default: break
        }
    }
}
