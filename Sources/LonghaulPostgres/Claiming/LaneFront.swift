import LonghaulCore

/// The first pending jobs of a lane. They are read when they are needed, and shared by the claims of a transaction.
struct LaneFront {
    /// A pending job.
    struct Candidate {
        var id: JobID
        var position: Int64
        var runAt: Timestamp
    }

    let lane: PendingLane
    /// The position at which the scan began.
    let start: Int64
    private var candidates: ArraySlice<Candidate> = []
    private var latest: Candidate?
    /// Whether the whole lane has been read.
    private(set) var isRead = false
    /// The position of the first job that was read but not leased.
    private var firstLeft: Int64?

    init(_ lane: PendingLane, from start: Int64) {
        self.lane = lane
        self.start = start
    }

    private static let reading = Query(
        """
        SELECT l.lane, p.pos, p.id, p.run_at
        FROM unnest($1::integer[], $2::bigint[], $3::uuid[]) AS l (lane, pos, id) CROSS JOIN LATERAL (
            SELECT f.pos, f.id, f.run_at FROM longhaul.pending f
            WHERE f.lane = l.lane AND (f.pos, f.id) > (l.pos, l.id) ORDER BY f.pos, f.id LIMIT $4::bigint) p
        """)

    /// The next job; nil if none has been read.
    var next: Candidate? { candidates.first }

    /// Whether the next job is unknown until more is read.
    var needsRead: Bool { candidates.isEmpty && !isRead }

    /// Advances to the next job.
    mutating func advance() {
        candidates.removeFirst()
    }

    /// Records that a job was not leased and is still pending.
    mutating func leave(_ candidate: Candidate) {
        firstLeft = min(firstLeft ?? candidate.position, candidate.position)
    }

    /// The new lower bound of pending positions; nil if the lane is empty.
    var head: Int64? {
        firstLeft ?? candidates.first?.position ?? (isRead ? nil : latest?.position ?? start)
    }

    /// Reads further jobs of each of these lanes.
    ///
    /// - Parameter claimedInFlight: jobs to skip, because an in-flight transaction claims them.
    static func read(
        _ fronts: inout [Int: LaneFront], _ ids: [Int], limit: Int, except claimedInFlight: Set<JobID>,
        _ connection: Connection
    ) throws {
        var places = [.int4, .int8, .uuid].map { ArrayParameter($0) }
        for id in ids {
            let front = fronts[id]
            places[0].append(id)
            places[1].append(front?.latest?.position ?? (front?.start ?? 0) - 1)
            places[2].append(front?.latest?.id ?? JobID(high: .max, low: .max))
        }
        let rows = try connection.run(Request(reading, places.map(\.parameter) + [.int8(limit)]))
        var found: [Int: [Candidate]] = [:]
        for index in 0..<rows.count {
            var row = rows[index]
            let lane = row.int()
            let position = row.int64()
            let id = row.id()
            found[lane, default: []].append(Candidate(id: id, position: position, runAt: row.time()))
        }
        for id in ids {
            fronts[id]?.add(found[id] ?? [], limit: limit, except: claimedInFlight)
        }
    }

    private mutating func add(_ new: [Candidate], limit: Int, except claimedInFlight: Set<JobID>) {
        candidates += claimedInFlight.isEmpty ? new : new.filter { !claimedInFlight.contains($0.id) }
        latest = new.last ?? latest
        isRead = new.count < limit
    }
}
