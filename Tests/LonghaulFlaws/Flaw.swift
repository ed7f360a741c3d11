/// A way to break an engine on purpose. The checks must find each of them, which proves that the checks can fail.
package enum Flaw: String, CaseIterable, Sendable {
    /// Any token of a job in `processing` is accepted.
    case noFence = "no-fence"
    /// The store answers before its writes are durable.
    case earlyAnswer = "early-answer"
    /// Maintenance ends leases that it found in an earlier transaction.
    case blindReaper = "blind-reaper"
    /// A claim leases jobs that it found in an earlier transaction.
    case blindClaim = "blind-claim"
    /// Only the broker's messages bring work to workers, and lost messages are never republished.
    case lostOutbox = "lost-outbox"
    /// The room in a queue is checked in an earlier transaction.
    case earlyDepthCheck = "early-depth-check"
    /// Keys are looked up in an earlier transaction.
    case earlyKeyCheck = "early-key-check"
    /// The attempt of a lease that expires is not counted.
    case uncountedExpiry = "uncounted-expiry"
    /// The `next` jobs of a completion are stored in a second transaction.
    case nextApart = "next-apart"
    /// A lease ends at its time although an outage was part of it.
    case impatientReaper = "impatient-reaper"
    /// A heartbeat renews a lease that has expired.
    case undeadHeartbeat = "undead-heartbeat"
    /// The dependents of a job whose last lease expired stay blocked.
    case forgottenDependents = "forgotten-dependents"
    /// A dependent with policy `run` stays blocked when a dependency ends without completing.
    case hungJoin = "hung-join"
    /// A tick fires although another server has fired it.
    case blindTick = "blind-tick"
    /// A worker can still complete a job that was cancelled.
    case openCancel = "open-cancel"
    /// A job that expires stays counted in the state that it left.
    case driftingCounts = "drifting-counts"
    /// A call answers although the database failed in the middle of its transaction.
    case swallowedFault = "swallowed-fault"
    /// Waiting does not raise the priority of a job.
    case ageless
    /// A start takes no token of the queue's rate limit.
    case freeStarts = "free-starts"
    /// A claim checks that a queue has room, and not for how many jobs.
    case oneRoomCheck = "one-room-check"
    /// Every claim starts at the first partition.
    case forgottenTurns = "forgotten-turns"
    /// The rules of the routing table are stored in reverse order.
    case reversedRoutes = "reversed-routes"
    /// The SQLite store commits with `synchronous=OFF`.
    case synchronousOff = "synchronous-off"
    /// The SQLite store copies its log into the database without a sync.
    case unsyncedCheckpoint = "unsynced-checkpoint"
    /// An attempt starts with the progress of the attempt before.
    case staleProgress = "stale-progress"
    /// A released job shows the worker of an attempt before a retry by hand.
    case earlierWorker = "earlier-worker"
    /// The job of a lease call whose caller has left stays leased.
    case keptJob = "kept-job"
    /// A plan that is made during a maintenance round is lost.
    case forgottenPlan = "forgotten-plan"
    /// A wait is registered after the job is read.
    case lateRegistration = "late-registration"
    /// A wait ends when the job completes, and not when it fails or is cancelled.
    case silentEndings = "silent-endings"
    /// The end of a job wakes no worker that waits for room under `max_concurrency`.
    case silentRoom = "silent-room"
    /// A job that starts while the rate limit is queried is not noticed.
    case forgottenStart = "forgotten-start"
    /// A refused publication is not tried again.
    case refusedPublication = "refused-publication"
    /// A hint is given to a waiter that has left.
    case eatenHint = "eaten-hint"
    /// A worker that is given as many jobs as it requested does not wake the next one.
    case keptHint = "kept-hint"
    /// The webhook of a job that ends is stored in a second transaction.
    case laterWebhook = "later-webhook"
    /// A webhook can be claimed again while it is sent.
    case leaselessClaim = "leaseless-claim"
    /// A cancellation by a person is not in the audit log.
    case unrecordedChange = "unrecorded-change"
    /// An API key that was revoked is still valid.
    case unrevokedKey = "unrevoked-key"
    /// A suspended job stays suspended when its timer is due.
    case lostWakeUp = "lost-wake-up"
    /// A signal that was kept is kept after an operation has consumed it.
    case repeatedSignal = "repeated-signal"
    /// An operation that is started again submits a second child job.
    case secondChild = "second-child"
    /// A step that has ended can end again, with another output.
    case changedOperation = "changed-operation"
    /// A job is suspended although an operation that it waits for has ended.
    case blindSuspension = "blind-suspension"
    /// An execution is suspended although it has a report that no runner has handled.
    case blindWait = "blind-wait"
    /// Executions of the same name are started.
    case openName = "open-name"
    /// A task of an execution gets a second last report.
    case openTask = "open-task"
    /// The records of an execution stay when it is removed.
    case keptRecords = "kept-records"
}
