/// The limits of searches for a text. Each search reads the newest jobs, one after another.
public struct SearchLimits: Sendable {
    /// The maximum number of searches that run at once on this server, with reads of long histories. A search beyond it waits.
    public var maxConcurrent = 2
    /// The maximum time that a search waits for another one to end, in seconds. It is refused with `system_busy` after that.
    public var maxWaitSeconds = 2.0
    /// The maximum number of jobs that one call reads.
    public var maxJobs = 20_000
    /// The maximum number of IDs that one call compares.
    public var maxIDs = 100_000
    /// The time after which a call reads no more jobs, in seconds.
    public var maxSeconds = 1.0

    /// The default limits.
    public init() {}
}
