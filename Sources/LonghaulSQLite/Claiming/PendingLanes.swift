import LonghaulCore
import LonghaulStore

/// The pending jobs of a queue for a claim, in the index of pending jobs. Each lane is a range of it.
final class PendingLanes: LaneSource {
    /// The maximum number of jobs per read.
    private static let maxRead = 64

    private static let nextLabels = Query(
        """
        SELECT labels FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels >= ?3 ORDER BY labels LIMIT 1
        """)
    private static let nextPartition = Query(
        """
        SELECT partition_value FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels = ?3 AND partition_value >= ?4 ORDER BY partition_value LIMIT 1
        """)
    private static let jobs = Query(
        """
        SELECT seq FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels = ?3 AND partition_value = ?4 AND priority = ?5 AND seq > ?6 ORDER BY seq LIMIT ?7
        """)
    private static let dueTime = Query("SELECT run_at FROM jobs WHERE seq = ?1")

    private let connection: Connection
    private let queue: String
    private let state: QueueState
    /// The kinds and required labels of the jobs that the request can be given.
    private let kinds: [(kind: String, labels: String)]
    /// The lanes, by their numbers.
    private var bands: [PendingBand] = []

    /// - Parameter state: the queue; nil if there is none.
    init(of queue: String, _ state: QueueState?, for request: LeaseRequest, _ loader: JobLoader) throws {
        connection = loader.connection
        self.queue = queue
        self.state = state ?? QueueState()
        kinds = self.state.pendingPriorities.isEmpty ? [] : try Self.kinds(of: queue, for: request, loader)
    }

    /// Each pair takes one or two steps in the index.
    private static func kinds(
        of queue: String, for request: LeaseRequest, _ loader: JobLoader
    ) throws -> [(kind: String, labels: String)] {
        let kinds = request.kinds.isEmpty ? try loader.pendingKinds(of: queue) : Array(Set(request.kinds))
        let servable = ServableLabels(request.worker.labels)
        // Without labels there is nothing to look up: an empty lane costs one step later.
        if servable.isEmpty { return kinds.map { ($0, "") } }
        var pairs: [(String, String)] = []
        for kind in kinds {
            var place: String? = ""
            while let from = place,
                let labels = try loader.connection.first(
                    Self.nextLabels, .text(queue), .text(kind), .text(from), read: { $0.text(0) })
            {
                if try servable.serves(labels) { pairs.append((kind, labels)) }
                place = servable.place(after: labels)
            }
        }
        return pairs
    }

    var isPartitioned: Bool { state.hasPartitions }

    func partitions(from value: String, limit: Int) throws -> [String] {
        var found: [String] = []
        var place = value
        while found.count < limit {
            let next = try kinds.compactMap { kind, labels in
                try connection.first(
                    Self.nextPartition, .text(queue), .text(kind), .text(labels), .text(place),
                    read: { $0.text(0) })
            }.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            guard let next else { break }
            found.append(next)
            place = next + "\u{1}"
        }
        return found
    }

    func lanes(of partition: String?) -> [LaneCursor] {
        var lanes: [LaneCursor] = []
        for priority in state.pendingPriorities {
            for (kind, labels) in kinds {
                lanes.append(LaneCursor(lane: bands.count, priority: priority))
                bands.append(
                    PendingBand(
                        queue: queue, kind: kind, labels: labels, partition: partition ?? "",
                        priority: priority))
            }
        }
        return lanes
    }

    func read(_ lanes: [LaneCursor], wanted: Int) throws {
        for lane in lanes {
            let count = lane.isActive ? min(wanted, Self.maxRead) : 1
            let bounds: [ColumnValue] = [.integer(lane.latest?.seq ?? 0), .int(count)]
            var jobs: [PendingJob] = []
            try connection.each(Self.jobs, bands[lane.lane].values + bounds) { row in
                let seq = row.int64(0)
                // A job has not been due for longer than its age, which its `seq` contains.
                jobs.append(PendingJob(seq: seq, dueNotBefore: JobSequence.moment(of: seq)))
                return true
            }
            lane.add(jobs, isComplete: jobs.count < count)
        }
    }

    func dueTime(of job: PendingJob) throws -> Timestamp {
        try connection.first(Self.dueTime, .integer(job.seq)) { $0.time(0) } ?? job.runAt
    }
}

extension Transaction {
    func lanes(of queue: String, for request: LeaseRequest) throws -> any LaneSource {
        try PendingLanes(of: queue, queues[queue], for: request, loader)
    }

    func row(_ job: PendingJob) throws -> JobRow? { try loader.row(at: job.seq) }

    func latestTurn(_ key: PartitionTurns.Key) -> String? { queues.turns.latest(key) }

    func recordTurn(of partition: String, _ key: PartitionTurns.Key) { queues.turns.took(partition, key) }
}
