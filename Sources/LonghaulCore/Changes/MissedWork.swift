/// Work that no change announces to this process.
public enum MissedWork: Sendable, Hashable {
    /// Notifications of other processes may have been lost, for example while the connection was lost. Any job may have
    /// become pending, may be due soon, or may have ended.
    case notifications
    /// A claim skipped pending jobs of these queues, because other transactions had locked them. If such a transaction
    /// is rolled back, the jobs are still pending, and no change says so.
    case lockedJobs(queues: Set<String>)
}
