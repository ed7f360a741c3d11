import LonghaulCore
import LonghaulStore

/// The cursor of a lane, which the claims of a transaction share, and what the cache learns from it.
struct ReadLane {
    let cursor: LaneCursor
    /// The position at which the scan began.
    let start: Int64
    /// The position of the first job that was read but not leased.
    var firstLeft: Int64?

    /// The new lower bound of pending positions; nil if the lane is empty.
    var head: Int64? {
        firstLeft ?? cursor.next?.place?.position
            ?? (cursor.isComplete ? nil : cursor.latest?.place?.position ?? start)
    }
}

/// The pending jobs of a queue for a claim, in the table of pending jobs. The cache has the lanes.
final class PendingLanes: LaneSource {
    private static let reading = Query(
        """
        SELECT l.lane, p.pos, p.id, p.run_at
        FROM unnest($1::integer[], $2::bigint[], $3::uuid[]) AS l (lane, pos, id) CROSS JOIN LATERAL (
            SELECT f.pos, f.id, f.run_at FROM longhaul.pending f
            WHERE f.lane = l.lane AND (f.pos, f.id) > (l.pos, l.id) ORDER BY f.pos, f.id LIMIT $4::bigint) p
        """)

    private let transaction: Transaction
    let isPartitioned: Bool
    private let lanes: [String: [PendingLane]]
    /// The partitions, in the order of their bytes.
    private let partitions: [String]

    init(of queue: String, for request: LeaseRequest, _ transaction: Transaction) {
        self.transaction = transaction
        isPartitioned = transaction.cache.hasPartitions(queue)
        lanes = Dictionary(
            grouping: transaction.cache.lanes(of: queue, for: request).filter {
                $0.start(at: transaction.now) != nil
            }, by: \.key.partition)
        partitions = lanes.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func partitions(from value: String, limit: Int) -> [String] {
        let rest = partitions.drop { $0.utf8.lexicographicallyPrecedes(value.utf8) }
        return Array(rest.prefix(limit))
    }

    func lanes(of partition: String?) -> [LaneCursor] {
        let found = partition.map { lanes[$0] ?? [] } ?? lanes.values.flatMap { $0 }
        return found.map { transaction.cursor(of: $0) }
    }

    func read(_ lanes: [LaneCursor], wanted: Int) throws {
        // Jobs that in-flight transactions claim come first. One read must get past all of them.
        let hidden = transaction.claimedInFlight
        let limit = min(wanted + hidden.count, 1000)
        var places = [.int4, .int8, .uuid].map { ArrayParameter($0) }
        for lane in lanes {
            places[0].append(lane.lane)
            places[1].append(
                lane.latest?.place?.position ?? (transaction.readLanes[lane.lane]?.start ?? 0) - 1)
            places[2].append(lane.latest?.id ?? JobID(high: .max, low: .max))
        }
        let rows = try transaction.connection.run(
            Request(Self.reading, places.map(\.parameter) + [.int8(limit)]))
        var found: [Int: [PendingJob]] = [:]
        for index in 0..<rows.count {
            var row = rows[index]
            let lane = row.int()
            let place = PendingPlace(lane: lane, position: row.int64())
            let id = row.id()
            found[lane, default: []].append(PendingJob(id: id, place: place, runAt: row.time()))
        }
        for lane in lanes {
            let new = found[lane.lane] ?? []
            lane.add(
                new, isComplete: new.count < limit,
                except: hidden.isEmpty ? nil : { hidden.contains($0.id) })
        }
    }
}

extension Transaction {
    func lanes(of queue: String, for request: LeaseRequest) -> any LaneSource {
        PendingLanes(of: queue, for: request, self)
    }

    /// The cursor of a lane. Several claims of the transaction continue where the previous one stopped.
    func cursor(of lane: PendingLane) -> LaneCursor {
        if let known = readLanes[lane.id] { return known.cursor }
        let cursor = LaneCursor(lane: lane.id, priority: lane.key.priority)
        readLanes[lane.id] = ReadLane(cursor: cursor, start: lane.start(at: now) ?? 0)
        return cursor
    }

    var claimRounds: Int { 8 }

    func prefetch(_ jobs: [PendingJob]) throws {
        try fetch(jobs.map(\.id), .skip)
        try fetchForLeases(of: jobs.map(\.id))
    }

    func row(_ job: PendingJob) -> JobRow? {
        guard let entry = entries[job.id] else {
            if let place = job.place {
                let left = readLanes[place.lane]?.firstLeft ?? place.position
                readLanes[place.lane]?.firstLeft = min(left, place.position)
                if let queue = cache.lanes[place.lane]?.key.queue { lockedQueues.insert(queue) }
            }
            return nil
        }
        return !entry.isRemoved && entry.row.place == job.place ? entry.row : nil
    }

    func latestTurn(_ key: PartitionTurns.Key) -> String? { cache.turns.latest(key) }

    func recordTurn(of partition: String, _ key: PartitionTurns.Key) { cache.turns.took(partition, key) }
}
