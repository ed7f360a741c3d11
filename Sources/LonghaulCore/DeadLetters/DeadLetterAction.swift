/// An operation on dead letters.
public enum DeadLetterAction: String, Sendable, Hashable, CaseIterable {
    /// They become pending, and their attempts are counted from the start.
    case redrive
    /// They are deleted with all their data.
    case discard
}
