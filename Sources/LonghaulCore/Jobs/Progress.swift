/// The progress of an attempt, as the worker last reported it.
public struct Progress: Sendable, Hashable {
    /// The percentage, 0 to 100.
    public var percent: Double
    /// A message about the current work, for people.
    public var message: String?

    /// Progress of this percentage.
    public init(percent: Double, message: String? = nil) {
        self.percent = percent
        self.message = message
    }
}
