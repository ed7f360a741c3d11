import LonghaulCore
import LonghaulStore

/// The candidates of a job list, newest first.
///
/// For a dependency, parent, tag or actor there is an index in the order of the list. For a state, queue or kind
/// there is none, because every change of state would write it. Instead, an index holds the jobs of one state, queue
/// and kind (or of one band, while pending) together, in the order of the list. There are few such groups, so the
/// newest of each group are merged.
struct JobListSource {
    let loader: JobLoader
    private var connection: Connection { loader.connection }
    let filter: JobFilter
    /// The lower bound of candidates.
    let floor: Int64

    private static let everything = Query(
        "SELECT seq FROM jobs WHERE seq < ?1 AND seq >= ?2 ORDER BY seq DESC LIMIT ?3")
    private static let byParent = Query(
        """
        SELECT seq FROM jobs INDEXED BY jobs_parent WHERE parent IS NOT NULL AND parent = ?4
        AND seq < ?1 AND seq >= ?2 ORDER BY seq DESC LIMIT ?3
        """)
    private static let byDependency = Query(
        """
        SELECT seq FROM dependencies WHERE on_seq = (SELECT seq FROM jobs WHERE seq BETWEEN ?4 AND ?5 AND id = ?6)
        AND seq < ?1 AND seq >= ?2 ORDER BY seq DESC LIMIT ?3
        """)
    private static let byActor = Query(
        """
        SELECT seq FROM jobs INDEXED BY jobs_actor WHERE actor = ?4 AND seq < ?1 AND seq >= ?2
        ORDER BY seq DESC LIMIT ?3
        """)
    private static let byTag = Query(
        """
        SELECT seq FROM tags WHERE name = ?4 AND value = ?5 AND seq < ?1 AND seq >= ?2
        ORDER BY seq DESC LIMIT ?3
        """)
    private static let byGroup = Query(
        """
        SELECT seq FROM dead_letters INDEXED BY dead_letters_group WHERE fingerprint = ?4 AND queue = ?5
        AND seq < ?1 AND seq >= ?2 ORDER BY seq DESC LIMIT ?3
        """)
    private static let processing = Query(
        """
        SELECT seq FROM jobs INDEXED BY jobs_leased WHERE state = 3 AND (?4 IS NULL OR queue = ?4)
        AND (?5 IS NULL OR kind = ?5) AND seq < ?1 AND seq >= ?2 ORDER BY seq DESC LIMIT ?3
        """)
    private static let pending = Query(
        """
        SELECT seq FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?4 AND kind = ?5
        AND labels = ?6 AND partition_value = ?7 AND priority = ?8 AND seq < ?1 AND seq >= ?2
        ORDER BY seq DESC LIMIT ?3
        """)
    private static let resting = Query(
        """
        SELECT seq FROM jobs INDEXED BY jobs_resting WHERE state NOT IN (2, 3) AND state = ?6 AND queue = ?4
        AND kind = ?5 AND seq < ?1 AND seq >= ?2 ORDER BY seq DESC LIMIT ?3
        """)
    private static let nextRestingKind = Query(
        """
        SELECT kind FROM jobs INDEXED BY jobs_resting WHERE state NOT IN (2, 3) AND state = ?1 AND queue = ?2
        AND kind > ?3 ORDER BY kind LIMIT 1
        """)

    /// The newest candidates before a `seq`.
    func next(before: Int64, limit: Int) throws -> [Int64] {
        var newest = Newest(limit: limit, floor: floor)
        if let groups = DeadLetterGroupFilter(filter) {
            // Only the groups know the error; a job's row does not.
            for group in try loader.deadLetterPlaces(groups) {
                try add(Self.byGroup, [.text(group.fingerprint), .text(group.queue)], before, to: &newest)
            }
        } else if let id = filter.dependencyID {
            let place: [ColumnValue] = [
                .integer(JobSequence.base(of: id)), .integer(JobSequence.last(of: id)), .blob(id.bytes),
            ]
            try add(Self.byDependency, place, before, to: &newest)
        } else if let parent = filter.parentID {
            try add(Self.byParent, [.blob(parent.bytes)], before, to: &newest)
        } else if let (name, value) = filter.tags.min(by: { $0.key < $1.key }) {
            try add(Self.byTag, [.text(name), .text(value)], before, to: &newest)
        } else if let actor = filter.actor {
            try add(Self.byActor, [.text(actor)], before, to: &newest)
        } else if filter.states.isEmpty, filter.queue == nil, filter.kinds == nil {
            try add(Self.everything, [], before, to: &newest)
        } else {
            let states = filter.states.isEmpty ? JobState.byCode : filter.states
            for state in Set(states) { try add(state, before, to: &newest) }
        }
        return newest.seqs
    }

    private func add(_ state: JobState, _ before: Int64, to newest: inout Newest) throws {
        if state == .processing {
            return try add(Self.processing, [.text(filter.queue), .text(filter.kind)], before, to: &newest)
        }
        for queue in try queues(with: state) {
            guard state == .pending else {
                for kind in try restingKinds(of: queue, in: state) {
                    try add(Self.resting, [.text(queue), .text(kind), .int(state.code)], before, to: &newest)
                }
                continue
            }
            for band in try loader.pendingBands(of: queue, kind: filter.kind) {
                try add(Self.pending, band.values, before, to: &newest)
            }
        }
    }

    private func add(_ query: Query, _ values: [ColumnValue], _ before: Int64, to newest: inout Newest) throws
    {
        let bounds: [ColumnValue] = [.integer(before), .integer(newest.floor), .int(newest.limit)]
        var found: [Int64] = []
        try connection.each(query, bounds + values) { row in
            found.append(row.int64(0))
            return true
        }
        newest.merge(found)
    }

    /// The queues that have jobs in a state, by their counts.
    private func queues(with state: JobState) throws -> [String] {
        if let queue = filter.queue { return [queue] }
        return try connection.all(Self.counted[state.code]) { $0.text(0) }
    }

    private static let counted = JobState.byCode.map {
        Query("SELECT name FROM queues WHERE \($0.rawValue) > 0")
    }

    private func restingKinds(of queue: String, in state: JobState) throws -> [String] {
        if let kind = filter.kind { return [kind] }
        var kinds: [String] = []
        while let kind = try connection.first(
            Self.nextRestingKind, .int(state.code), .text(queue), .text(kinds.last ?? ""),
            read: { $0.text(0) })
        {
            kinds.append(kind)
        }
        guard let prefix = filter.kindPrefix else { return kinds }
        return kinds.filter { $0.utf8.starts(with: prefix.utf8) }
    }
}

/// The newest `seq` values found so far, at most `limit`.
private struct Newest {
    let limit: Int
    /// The lower bound of values that can still be added.
    private(set) var floor: Int64
    /// Newest first.
    private(set) var seqs: [Int64] = []

    init(limit: Int, floor: Int64) {
        self.limit = limit
        self.floor = floor
    }

    /// Adds the values of another group.
    mutating func merge(_ found: [Int64]) {
        guard !found.isEmpty else { return }
        seqs = Array((seqs + found).sorted(by: >).prefix(limit))
        if seqs.count == limit, let last = seqs.last { floor = last }
    }
}
