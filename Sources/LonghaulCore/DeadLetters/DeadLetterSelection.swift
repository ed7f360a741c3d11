/// Which dead letters to redrive or to discard.
public enum DeadLetterSelection: Sendable, Hashable {
    /// These jobs, as far as they are dead letters.
    case ids([JobID])
    /// Those that fit the filter, the newest first, at most `limit` of them (nil for all).
    case filter(JobFilter, limit: Int?)
}

/// What can be done with dead letters.
public enum DeadLetterAction: String, Sendable, Hashable, CaseIterable {
    /// They become pending, their attempts counted afresh.
    case redrive
    /// They are removed with all that is kept of them.
    case discard
}
