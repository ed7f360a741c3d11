/// A selection of dead letters to retry or delete.
public enum DeadLetterSelection: Sendable, Hashable {
    /// These jobs, if they are dead letters.
    case ids([JobID])
    /// The dead letters that match the filter, the newest first, at most `limit` (nil for all).
    case filter(JobFilter, limit: Int?)
}

/// An operation on dead letters.
public enum DeadLetterAction: String, Sendable, Hashable, CaseIterable {
    /// They become pending, and their attempts are counted from the start.
    case redrive
    /// They are deleted with all their data.
    case discard
}
