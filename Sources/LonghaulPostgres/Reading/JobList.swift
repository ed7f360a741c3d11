import LonghaulCore
import LonghaulStore

/// A page of jobs, newest first.
///
/// A list of an ended or waiting state uses the agenda, a list of one dead-letter group uses the group, and all
/// others use an index of `jobs` that the database chooses.
struct JobList {
    let reader: Reader
    let filter: JobFilter

    /// How far the time in an identifier may be from the time at which its job was stored, in seconds.
    private static let tolerance = 3600.0
    /// The states that the agenda's index has.
    private static let resting: Set<JobState> = [
        .scheduled, .blocked, .processing, .retrying, .suspended, .failed, .cancelled,
    ]

    /// The number of bytes of a job's payload, result and errors, without reading them.
    private static let weight = """
        octet_length(j.payload) + coalesce(octet_length(j.result), 0) + CASE WHEN j.fault_version = 0 THEN 0 ELSE
        coalesce((SELECT sum(octet_length(f.message) + coalesce(octet_length(f.details), 0))
        FROM longhaul.faults f WHERE f.id = j.id), 0) END
        """

    func page(after cursor: JobCursor?, limit: Int, reading: JobReading) throws -> JobPage {
        try reader.steadily {
            reading.isSummary
                ? try summaries(after: cursor, limit: limit)
                : try whole(after: cursor, limit: limit, maxBytes: reading.maxBytes)
        }
    }

    /// The summaries of jobs. Of the errors, only the last one is read.
    private func summaries(after cursor: JobCursor?, limit: Int) throws -> JobPage {
        let statement = statement(
            JobTable.summary("j"), after: cursor, limit: limit == .max ? limit : limit + 1)
        let entries = try JobRows.decode(reader.connection.run(statement))
        let shown = entries.prefix(limit)
        try JobRows.fillLatestFaults(of: Array(shown), reader.connection)
        return JobPage(
            jobs: shown.map(\.job.summary),
            next: entries.count > limit ? shown.last.map { JobCursor(after: $0.row.job.id) } : nil)
    }

    /// Decides which jobs fit into the page before it reads them.
    private func whole(after cursor: JobCursor?, limit: Int, maxBytes: Int) throws -> JobPage {
        let statement = statement(
            "j.id, (\(Self.weight))::bigint", after: cursor, limit: limit == .max ? limit : limit + 1)
        let rows = try reader.connection.run(statement)
        var ids: [JobID] = []
        var bytes = 0
        for index in 0..<rows.count {
            var row = rows[index]
            let id = row.id()
            bytes += row.int()
            if ids.count == limit || !ids.isEmpty && bytes > maxBytes { break }
            ids.append(id)
        }
        let jobs = try reader.complete(reader.connection.run(JobRows.read(ids, .none))).map(\.job)
        return JobPage(
            jobs: jobs.reversed(), next: ids.count < rows.count ? ids.last.map { JobCursor(after: $0) } : nil)
    }

    /// The page's identifiers alone.
    func identifiers(after cursor: JobCursor?, limit: Int) throws -> JobIDPage {
        let statement = statement("j.id", after: cursor, limit: limit + 1)
        return JobIDPage(try reader.connection.run(statement).map { $0.id() }, limit: limit)
    }

    private func statement(_ columns: String, after cursor: JobCursor?, limit: Int) -> Request {
        var conditions = Conditions()
        var source = source(&conditions)
        if let dependency = filter.dependencyID {
            source += " JOIN longhaul.dependencies w ON w.id = j.id"
            conditions.add("w.on_id = ?::uuid", .uuid(dependency))
        }
        if let queue = filter.queue { conditions.add("j.queue = ?::text", .text(queue)) }
        if let kind = filter.kind { conditions.add("j.kind = ?::text", .text(kind)) }
        if let prefix = filter.kindPrefix { conditions.add("starts_with(j.kind, ?::text)", .text(prefix)) }
        if let parent = filter.parentID { conditions.add("j.parent = ?::uuid", .uuid(parent)) }
        if let actor = filter.actor { conditions.add("j.actor = ?::text", .text(actor)) }
        if let after = filter.createdAfter {
            let first = Self.first(at: after.adding(seconds: -Self.tolerance))
            conditions.add("j.created_at >= ?::bigint AND j.id >= ?::uuid", .time(after), .uuid(first))
        }
        if let before = filter.createdBefore {
            let first = Self.first(at: before.adding(seconds: Self.tolerance))
            conditions.add("j.created_at < ?::bigint AND j.id < ?::uuid", .time(before), .uuid(first))
        }
        for (name, value) in filter.tags.sorted(by: { $0.key < $1.key }) {
            conditions.add(
                """
                EXISTS (SELECT FROM longhaul.tags t WHERE t.name = ?::text AND t.value = ?::text
                AND t.id = j.id)
                """, .text(name), .text(value))
        }
        if let cursor { conditions.add("j.id < ?::uuid", .uuid(cursor.after)) }
        return Request(
            Query(
                once: "SELECT \(columns) FROM \(source)\(conditions.text) ORDER BY j.id DESC LIMIT \(limit)"),
            conditions.parameters)
    }

    /// The table that is searched.
    private func source(_ conditions: inout Conditions) -> String {
        if !filter.states.isEmpty { addStates(&conditions) }
        if filter.fingerprint != nil || filter.errorType != nil {
            if let fingerprint = filter.fingerprint {
                conditions.add("g.fingerprint = ?::text", .text(fingerprint))
            }
            if let type = filter.errorType { conditions.add("g.error_type = ?::text", .text(type)) }
            return """
                longhaul.dead_letter_groups g
                JOIN longhaul.dead_letters d ON d.fingerprint = g.fingerprint AND d.queue = g.queue
                JOIN longhaul.jobs j ON j.id = d.id
                """
        }
        guard let state = filter.states.first, Set(filter.states).count == 1, Self.resting.contains(state)
        else { return "longhaul.jobs j" }
        // The state is a literal, so that the partial index matches.
        return """
            longhaul.agenda a JOIN longhaul.jobs j ON j.id = a.id AND a.state = \(state.code)
            AND a.state NOT IN (2, 5)
            """
    }

    private func addStates(_ conditions: inout Conditions) {
        var states = ArrayParameter(.int2)
        for state in Set(filter.states) { states.append(state.code) }
        conditions.add("j.state = ANY(?::smallint[])", states.parameter)
    }

    /// The first identifier that can have been made at a moment.
    private static func first(at moment: Timestamp) -> JobID {
        JobID(high: UInt64(max(0, moment.milliseconds)) << 16, low: 0)
    }
}

/// Conditions that must all hold, with their parameters.
private struct Conditions {
    private var clauses: [String] = []
    private(set) var parameters: [Parameter] = []

    /// Adds a condition; each question mark stands for the next parameter.
    mutating func add(_ condition: String, _ values: Parameter...) {
        var parts = condition.split(separator: "?", omittingEmptySubsequences: false).makeIterator()
        var text = String(parts.next() ?? "")
        for (value, part) in zip(values, IteratorSequence(parts)) {
            parameters.append(value)
            text += "$\(parameters.count)\(part)"
        }
        clauses.append(text)
    }

    /// The clause of the statement; empty if there are no conditions.
    var text: String { clauses.isEmpty ? "" : " WHERE " + clauses.joined(separator: " AND ") }
}
