import LonghaulCore
import LonghaulStore

/// Statements that read the records of state machines and their executions.
enum RecordQueries {
    private static let columns = KeyedRecord.columnNames
    private static let one = Query(
        """
        SELECT \(columns) FROM longhaul.records WHERE space = $1::bigint AND job = $2::uuid AND name = $3::text
        """)
    /// The keys are sorted, so that servers lock the rows in the same order.
    private static let locked = Query(
        """
        SELECT f.* FROM unnest($1::bigint[], $2::uuid[], $3::text[]) AS k (space, job, name) CROSS JOIN LATERAL (
            SELECT \(columns) FROM longhaul.records r
            WHERE r.space = k.space AND r.job = k.job AND r.name = k.name FOR UPDATE) f
        """)
    private static let ascending = page("")
    private static let descending = page("DESC")
    private static let sizes = Query(
        """
        SELECT space, name, octet_length(value) FROM longhaul.records
        WHERE space = ANY($1::bigint[]) AND job = $2::uuid ORDER BY space, name LIMIT $3::bigint
        """)

    private static let reports = Query(
        """
        SELECT \(columns) FROM longhaul.records
        WHERE space = \(RecordSpace.report.rawValue) AND job = ANY($1::uuid[]) ORDER BY job, name
        """)

    /// A record is left out if it exceeds the size of the page, unless it is the first one.
    private static func page(_ direction: String) -> Query {
        Query(
            """
            SELECT \(columns) FROM (
                SELECT f.*, sum(octet_length(f.value)) OVER (ORDER BY f.name \(direction)) AS bytes FROM (
                    SELECT \(columns) FROM longhaul.records
                    WHERE space = $1::bigint AND job = $2::uuid AND name >= $3::text
                    AND ($4::text IS NULL OR name < $4::text) ORDER BY name \(direction) LIMIT $5::bigint) f) p
            WHERE p.bytes <= $6::bigint OR p.bytes = octet_length(p.value) ORDER BY p.name \(direction)
            """)
    }

    /// The record of a key.
    static func record(_ key: RecordKey) -> Request {
        Request(one, .int8(key.space.rawValue), .uuid(key.storedJobID), .text(key.name))
    }

    /// Locks the records of these keys.
    static func lock(_ keys: some Sequence<RecordKey>) -> Request {
        Request(locked, RecordKeyColumns(keys.sorted(by: RecordKey.isInOrder)).parameters)
    }

    /// The records of a range.
    static func records(_ range: RecordRange) -> Request {
        Request(
            range.isDescending ? descending : ascending, .int8(range.space.rawValue),
            .uuid(range.storedJobID), .text(range.firstName), .text(range.endName), .int8(range.limit),
            .int8(range.maxBytes))
    }

    /// The reports to executions, in the order of their names.
    static func reports(to jobs: [JobID]) -> Request { Request(reports, .uuids(jobs)) }

    /// The spaces, names and sizes of the first records of a job.
    static func sizes(of id: JobID, in spaces: [RecordSpace], limit: Int) -> Request {
        Request(sizes, .numbers(spaces.map { Int64($0.rawValue) }), .uuid(id), .int8(limit))
    }
}

extension RecordKey {
    /// The order of the primary key.
    static func isInOrder(_ left: RecordKey, _ right: RecordKey) -> Bool {
        let leftGroup = (left.space.rawValue, left.storedJobID)
        let rightGroup = (right.space.rawValue, right.storedJobID)
        guard leftGroup == rightGroup else { return leftGroup < rightGroup }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

/// The keys of records as three columns.
struct RecordKeyColumns {
    private var spaces = ArrayParameter(.int8)
    private var jobs = ArrayParameter(.uuid)
    private var names = ArrayParameter(.text)

    init(_ keys: some Sequence<RecordKey>) {
        for key in keys {
            spaces.append(key.space.rawValue)
            jobs.append(key.storedJobID)
            names.append(key.name)
        }
    }

    var parameters: [Parameter] { [spaces.parameter, jobs.parameter, names.parameter] }
}
