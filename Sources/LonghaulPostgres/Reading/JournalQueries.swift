import LonghaulCore
import LonghaulStore

/// Statements that read journals and signals.
enum JournalQueries {
    private static let columns = JournalOperation.columnNames
    /// The expression of the index `operations_name`.
    private static let name = "(o.id::text || '/' || o.operation_id) COLLATE \"C\""
    private static let one = Query(
        "SELECT \(columns) FROM longhaul.operations o WHERE \(name) = $1::uuid::text || '/' || $2::text")
    private static let numbered = Query(
        "SELECT \(columns) FROM longhaul.operations WHERE id = $1::uuid AND number = $2::bigint")
    private static let several = Query(
        """
        SELECT f.* FROM unnest($1::uuid[], $2::text[]) AS k (id, operation_id) CROSS JOIN LATERAL (
            SELECT id, \(columns) FROM longhaul.operations o
            WHERE \(name) = k.id::text || '/' || k.operation_id OFFSET 0) f
        """)
    private static let waiting = Query(
        """
        SELECT id, \(columns) FROM longhaul.operations WHERE id = ANY($1::uuid[]) AND status = 'waiting'
        ORDER BY id, number
        """)
    private static let counted = Query(
        """
        SELECT type, count(*) FROM (
            SELECT o.type FROM (
                SELECT id FROM longhaul.agenda
                WHERE state = \(JobState.suspended.code) AND state NOT IN (2, 5) LIMIT $1::bigint) a
            JOIN longhaul.operations o ON o.id = a.id AND o.status = 'waiting'
            LIMIT $1) w
        GROUP BY type
        """)
    private static let following = Query(
        """
        SELECT \(columns) FROM longhaul.operations WHERE id = $1::uuid AND number > $2::bigint
        ORDER BY number LIMIT $3::bigint
        """)
    /// An operation is left out if those before it fill the page.
    private static let pages = Query(
        """
        SELECT k.id, \(JournalOperation.columns.map { "p.\($0.name)" }.joined(separator: ", "))
        FROM unnest($1::uuid[]) AS k (id) CROSS JOIN LATERAL (
            SELECT f.*, sum(f.weight) OVER (
                ORDER BY f.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes
            FROM (
                SELECT \(columns) FROM longhaul.operations o WHERE o.id = k.id AND o.number > $2::bigint
                ORDER BY o.number LIMIT $3::bigint) f) p
        WHERE coalesce(p.bytes, 0) < $4::bigint ORDER BY k.id, p.number
        """)

    /// The number of operations that wait, by type, at most as many as a server counts.
    static var waits: Request { Request(counted, .int8(OperationWait.maxCounted)) }

    /// The operation of an identifier.
    static func operation(_ id: String, of job: JobID) -> Request {
        Request(one, .uuid(job), .text(id))
    }

    /// The operation of a number.
    static func operation(_ number: Int64, of job: JobID) -> Request {
        Request(numbered, .uuid(job), .int8(number))
    }

    /// The operations of these keys, each with its job.
    static func operations(_ keys: some Collection<OperationKey>) -> Request {
        var columns = (ids: ArrayParameter(.uuid), names: ArrayParameter(.text))
        for key in keys {
            columns.ids.append(key.jobID)
            columns.names.append(key.id)
        }
        return Request(several, columns.ids.parameter, columns.names.parameter)
    }

    /// The operations of jobs that wait, each with its job, in their order.
    static func waiting(of jobs: [JobID]) -> Request { Request(waiting, .uuids(jobs)) }

    /// The operations of a job after a number.
    static func operations(of job: JobID, after number: Int64, limit: Int) -> Request {
        Request(following, .uuid(job), .int8(number), .int8(limit))
    }

    /// The operations of jobs after a number, each with its job. None follows after `maxBytes` of a job.
    static func pages(of jobs: [JobID], after number: Int64, limit: Int, maxBytes: Int64) -> Request {
        Request(pages, .uuids(jobs), .int8(number), .int8(limit), .int8(maxBytes))
    }
}

/// Statements that read signals. All but the last one leave out signals of these numbers, which the transaction has
/// changed.
extension JournalQueries {
    private static let signalColumns = StoredSignal.columnNames
    private static let signalsOfJob =
        "FROM longhaul.signals WHERE id = $1::uuid AND number <> ALL($2::bigint[])"
    private static let keptSignal = Query(
        """
        SELECT \(signalColumns) \(signalsOfJob) AND name = $3::text AND consumed_by IS NULL ORDER BY number LIMIT 1
        """)
    private static let signalOfKey = Query("SELECT \(signalColumns) \(signalsOfJob) AND key = $3::bytea")
    private static let keptUsage = Query(
        """
        SELECT count(*), coalesce(sum(octet_length(value)), 0)::bigint \(signalsOfJob) AND consumed_by IS NULL
        """)
    private static let consumedFrom = Query(
        "SELECT \(signalColumns) \(signalsOfJob) AND consumed_by >= $3::bigint")
    private static let consumed = Query("SELECT number \(signalsOfJob) AND consumed_by IS NOT NULL")
    private static let lastSignal = Query(
        "SELECT number FROM longhaul.signals WHERE id = $1::uuid ORDER BY number DESC LIMIT 1")

    static func keptSignal(of job: JobID, except known: [Int64], name: String) -> Request {
        Request(keptSignal, .uuid(job), .numbers(known), .text(name))
    }

    static func signal(of job: JobID, except known: [Int64], key: [UInt8]) -> Request {
        Request(signalOfKey, .uuid(job), .numbers(known), .bytea(key))
    }

    static func keptUsage(of job: JobID, except known: [Int64]) -> Request {
        Request(keptUsage, .uuid(job), .numbers(known))
    }

    static func signals(of job: JobID, except known: [Int64], consumedFrom number: Int64) -> Request {
        Request(consumedFrom, .uuid(job), .numbers(known), .int8(number))
    }

    static func consumedSignals(of job: JobID, except known: [Int64]) -> Request {
        Request(consumed, .uuid(job), .numbers(known))
    }

    static func lastSignal(of job: JobID) -> Request { Request(lastSignal, .uuid(job)) }
}
