/// A deliberate fault of a ``MemoryDatabase``, for the simulation to find: a store that breaks one rule of the
/// port. What a driver must do instead, the port's documentation says.
package enum MemoryFlaw: String, Sendable {
    /// Any token of a job that is being processed passes for the present one.
    case noFence = "no-fence"
    /// Upkeep ends leases that it found in an earlier transaction.
    case blindReaper = "blind-reaper"
    /// A claim takes jobs that it found in an earlier transaction.
    case blindClaim = "blind-claim"
    /// The room in queues is checked in an earlier transaction.
    case earlyDepthCheck = "early-depth-check"
    /// Keys are looked up in an earlier transaction.
    case earlyKeyCheck = "early-key-check"
    /// The attempt of a lease that expires is taken back.
    case uncountedExpiry = "uncounted-expiry"
    /// A heartbeat renews leases that have ended.
    case undeadHeartbeat = "undead-heartbeat"
    /// Jobs that wait for one whose last lease expires go on waiting.
    case forgottenDependents = "forgotten-dependents"
    /// Jobs that wait for one that ends otherwise than completed, and may run all the same, go on waiting.
    case hungJoin = "hung-join"
    /// A tick is done although the schedule has moved on.
    case blindTick = "blind-tick"
    /// A cancelled job keeps its lease.
    case openCancel = "open-cancel"
    /// A job that expires stays counted where it stood.
    case driftingCounts = "drifting-counts"
}
