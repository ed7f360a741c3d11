/// How many of its dependencies a job waits for, and what it does then.
public struct JoinRule: Sendable, Hashable {
    /// The number of dependencies that must satisfy the job; nil for all.
    public var waitFor: Int?
    /// Whether no worker runs the job. It completes when its dependencies satisfy it, and its result is the list of
    /// their results.
    public var collects: Bool

    /// A rule; the default values are those of the API.
    public init(waitFor: Int? = nil, collects: Bool = false) {
        self.waitFor = waitFor
        self.collects = collects
    }
}
