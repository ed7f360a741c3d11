/// A right of an API key.
public enum KeyScope: String, Sendable, Hashable, CaseIterable {
    /// Submit jobs and batches.
    case jobsSubmit = "jobs:submit"
    /// Read jobs, queues, workers, events and metrics.
    case jobsRead = "jobs:read"
    /// Cancel, retry and delete jobs; redrive and discard dead letters.
    case jobsWrite = "jobs:write"
    /// Set queues, the routing table and schedules.
    case queuesWrite = "queues:write"
    /// Lease jobs, and report their attempts.
    case work
    /// Everything, including the management of keys.
    case admin
}
