import LonghaulCore
import LonghaulStore

/// Reading of dead-letter groups.
extension JobLoader {
    private static let fitting = """
        (?1 IS NULL OR queue = ?1) AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR fingerprint = ?3)
        AND (?4 IS NULL OR error_type = ?4)
        """
    private static let groups = Query(
        """
        SELECT \(DeadLetterGroup.columnNames) FROM dead_letter_groups WHERE \(fitting)
        AND (?5 IS NULL OR count < ?5 OR (count = ?5 AND (fingerprint, queue) > (?6, ?7)))
        ORDER BY count DESC, fingerprint, queue LIMIT ?8
        """)
    private static let places = Query(
        "SELECT fingerprint, queue FROM dead_letter_groups WHERE \(fitting)")
    private static let newest = Query(
        """
        SELECT seq FROM dead_letters INDEXED BY dead_letters_group WHERE fingerprint = ?1 AND queue = ?2
        ORDER BY seq DESC LIMIT 1
        """)

    /// A page of groups, the largest first.
    func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) throws -> DeadLetterGroupPage {
        var groups: [DeadLetterGroup] = []
        let place: [ColumnValue] = [
            .int(cursor?.count), .text(cursor?.fingerprint), .text(cursor?.queue), .int(limit + 1),
        ]
        try connection.each(Self.groups, Self.values(of: filter) + place) { row in
            groups.append(try DeadLetterGroup(row))
            return true
        }
        var page = DeadLetterGroupPage(groups, limit: limit)
        for index in page.groups.indices { page.groups[index].example = try example(of: page.groups[index]) }
        return page
    }

    /// The matching groups, by fingerprint and queue.
    func deadLetterPlaces(_ filter: DeadLetterGroupFilter) throws -> [(fingerprint: String, queue: String)] {
        var places: [(String, String)] = []
        try connection.each(Self.places, Self.values(of: filter)) { row in
            places.append((row.text(0), row.text(1)))
            return true
        }
        return places
    }

    private static func values(of filter: DeadLetterGroupFilter) -> [ColumnValue] {
        [.text(filter.queue), .text(filter.kind), .text(filter.fingerprint), .text(filter.errorType)]
    }

    private func example(of group: DeadLetterGroup) throws -> DeadLetterGroup.Example? {
        let seq = try connection.first(Self.newest, .text(group.fingerprint), .text(group.queue)) {
            $0.int64(0)
        }
        guard let seq, let row = try row(at: seq) else { return nil }
        let fault = try faults(at: seq).first { $0.version == row.faultVersion }
        return fault.map { DeadLetterGroup.Example(jobID: row.job.id, error: $0.error) }
    }
}

extension DeadLetterGroupFilter {
    /// The filter of groups that a filter of jobs contains; nil without a condition on errors.
    init?(_ filter: JobFilter) {
        guard filter.fingerprint != nil || filter.errorType != nil else { return nil }
        self.init()
        queue = filter.queue
        kind = filter.kind
        fingerprint = filter.fingerprint
        errorType = filter.errorType
    }
}
