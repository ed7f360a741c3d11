/// How a job waits for the jobs that it depends on, and what it does once it is free.
public struct JoinRule: Sendable, Hashable {
    /// How many of them must end as wanted before it is free; nil for all.
    public var waitFor: Int?
    /// Whether no worker runs it: it completes by itself when it is free, and its result is the list of what
    /// came of the jobs that it waited for.
    public var collects: Bool

    /// A rule; the defaults are the API's.
    public init(waitFor: Int? = nil, collects: Bool = false) {
        self.waitFor = waitFor
        self.collects = collects
    }
}
