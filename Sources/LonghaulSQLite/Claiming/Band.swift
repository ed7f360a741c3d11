import LonghaulCore
import LonghaulStore

/// The pending jobs of a lane and partition with the same priority, oldest first. They are read when they are needed.
struct Band {
    /// The maximum number of jobs per read.
    private static let maxRead = 64

    private static let jobs = Query(
        """
        SELECT seq FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels = ?3 AND partition_value = ?4 AND priority = ?5 AND seq > ?6 ORDER BY seq LIMIT ?7
        """)

    private let lane: LabelLane
    private let partition: String
    private let priority: Int
    /// The jobs that were read and not yet leased, the next one last.
    private var waiting: [Int64] = []
    private var latest: Int64 = 0
    /// Whether all have been read.
    private var isRead = false

    init(_ lane: LabelLane, partition: String, priority: Int) {
        self.lane = lane
        self.partition = partition
        self.priority = priority
    }

    /// The oldest job; nil once there is none.
    ///
    /// - Parameter wanted: the number of jobs still wanted, including this one.
    mutating func front(wanted: Int, _ connection: Connection) throws -> Int64? {
        if waiting.isEmpty, !isRead { try read(min(wanted, Self.maxRead), connection) }
        return waiting.last
    }

    /// Advances to the next job.
    mutating func advance() {
        waiting.removeLast()
    }

    private mutating func read(_ count: Int, _ connection: Connection) throws {
        waiting = try connection.all(
            Self.jobs, .text(lane.queue), .text(lane.kind), .text(lane.labels), .text(partition),
            .int(priority), .integer(latest), .int(count)
        ) { $0.int64(0) }
        isRead = waiting.count < count
        latest = waiting.last ?? latest
        waiting.reverse()
    }
}
