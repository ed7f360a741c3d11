/// The result of a round of maintenance.
public struct Maintenance: Sendable, Hashable {
    /// The number of jobs that became due.
    public var promoted = 0
    /// The number of leases that expired.
    public var expiredLeases = 0
    /// The number of jobs that were cancelled because they did not start in time.
    public var expiredJobs = 0
    /// The ended jobs that were removed.
    public var purged: [JobID] = []
    /// Those of them that had artifacts, whose files can be deleted. In a bucket, to look for the files of a job is billed.
    public var purgedWithArtifacts: [JobID] = []
    /// The number of jobs whose deadlines have passed, but which other transactions have locked.
    public var locked = 0
    /// The next time at which maintenance has work, by the store's clock; nil if there is none.
    public var nextAt: Timestamp?
    /// The store's time at the end of the round.
    public var now = Timestamp(milliseconds: 0)
    /// Whether a limit was reached, so that the next round should start at once.
    public var hasMore = false

    /// The result of a round without work.
    public init() {}

    /// The time until maintenance has work, in seconds; nil if there is none. The caller's clock may differ from the store's.
    public var secondsUntilNext: Double? { nextAt?.seconds(since: now) }
}
