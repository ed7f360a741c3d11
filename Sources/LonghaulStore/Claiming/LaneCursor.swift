package import LonghaulCore

/// A pending job that a claim may lease.
package struct PendingJob: Sendable {
    /// Its identifier, for a driver that reads it.
    package var id = JobID(high: 0, low: 0)
    /// The primary key of its row, for a driver that has one. It rises with the age of the identifier.
    package var seq: Int64 = 0
    /// Its position, for a driver with a table of pending jobs.
    package var place: PendingPlace?
    /// When it became due, or an earlier time until ``isDueTimeKnown``.
    package var runAt: Timestamp
    package var isDueTimeKnown: Bool

    /// A job whose due time is known.
    package init(id: JobID, place: PendingPlace? = nil, runAt: Timestamp) {
        self.id = id
        self.place = place
        self.runAt = runAt
        isDueTimeKnown = true
    }

    /// A job whose due time is read when it is needed.
    package init(seq: Int64, dueNotBefore moment: Timestamp) {
        self.seq = seq
        runAt = moment
        isDueTimeKnown = false
    }

    /// Whether it was submitted before another job.
    func isOlder(than other: PendingJob) -> Bool { (seq, id) < (other.seq, other.id) }
}

/// The next jobs of a lane, oldest first. A lane has the pending jobs of a queue with the same kind, labels, partition
/// and priority. They are read when they are needed.
package final class LaneCursor {
    /// The number of the lane, by which the driver finds it.
    package let lane: Int
    package let priority: Int
    private var jobs: ArraySlice<PendingJob> = []
    /// The last job that was read.
    package private(set) var latest: PendingJob?
    /// Whether the whole lane has been read.
    package private(set) var isComplete = false
    /// Whether a job of its priority was chosen. More are then likely to follow, so it is read ahead.
    package internal(set) var isActive = false

    package init(lane: Int, priority: Int) {
        self.lane = lane
        self.priority = priority
    }

    /// The next job; nil if none has been read.
    package internal(set) var next: PendingJob? {
        get { jobs.first }
        set { if let newValue { jobs[jobs.startIndex] = newValue } }
    }

    /// Whether the next job is unknown until more is read.
    var needsRead: Bool { jobs.isEmpty && !isComplete }

    func advance() { jobs.removeFirst() }

    /// Adds jobs that were read.
    ///
    /// - Parameters:
    ///   - isComplete: whether the lane has no more.
    ///   - isHidden: whether a job must not be chosen.
    package func add(
        _ new: [PendingJob], isComplete: Bool, except isHidden: ((PendingJob) -> Bool)? = nil
    ) {
        if let isHidden { jobs += new.filter { !isHidden($0) } } else { jobs += new }
        latest = new.last ?? latest
        self.isComplete = isComplete
    }
}

/// The pending jobs of a queue that a request can be given.
package protocol LaneSource: AnyObject {
    /// Whether the lanes belong to partitions that take turns.
    var isPartitioned: Bool { get }
    /// The first partitions at or after a value, in the order of their bytes.
    func partitions(from value: String, limit: Int) throws -> [String]
    /// The lanes of a partition; of all lanes for nil.
    func lanes(of partition: String?) throws -> [LaneCursor]
    /// Reads further jobs of lanes.
    ///
    /// - Parameter wanted: the number of jobs that the claim still wants.
    func read(_ lanes: [LaneCursor], wanted: Int) throws
    /// The due time of a job.
    func dueTime(of job: PendingJob) throws -> Timestamp
}

extension LaneSource {
    package func dueTime(of job: PendingJob) throws -> Timestamp { job.runAt }
}
