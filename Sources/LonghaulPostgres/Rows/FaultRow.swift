import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// A row of `faults`.
extension FaultRow {
    /// The columns, in the order in which `init(_:)` reads them.
    static let columns =
        "version, fence, attempt, worker_id, worker_name, started_at, at, type, message, details, retryable"

    private static let insertion = Query(
        """
        INSERT INTO longhaul.faults (id, \(columns)) SELECT * FROM unnest($1::uuid[], $2::integer[],
        $3::bigint[], $4::integer[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::text[],
        $10::text[], $11::bytea[], $12::boolean[])
        """)

    /// Reads a row of a statement that selects `columns`.
    init(_ row: inout RowReader) {
        let version = row.int()
        let fence = row.int()
        let attempt = row.int()
        let workerID = row.optionalText()
        let workerName = row.text()
        let startedAt = row.optionalTime()
        let at = row.time()
        var error = JobError(type: row.text(), message: row.text())
        error.details = row.optionalJSON()
        error.retryable = row.bool()
        self.init(version: version, fence: fence, attempt: attempt, at: at, error: error)
        worker = workerID.map { WorkerRef(id: $0, name: workerName) }
        self.startedAt = startedAt
    }

    /// Stores faults, each with its job.
    static func insert(_ faults: [(id: JobID, fault: FaultRow)]) -> Request {
        var columns = [
            .uuid, .int4, .int8, .int4, .text, .text, .int8, .int8, .text, .text, .bytea, .bool,
        ].map { ArrayParameter($0) }
        for (id, fault) in faults {
            columns[0].append(id)
            columns[1].append(fault.version)
            columns[2].append(fault.fence)
            columns[3].append(fault.attempt)
            columns[4].append(fault.worker?.id)
            columns[5].append(fault.worker?.name)
            columns[6].append(fault.startedAt)
            columns[7].append(fault.at)
            columns[8].append(fault.error.type)
            columns[9].append(fault.error.message)
            columns[10].append(fault.error.details?.bytes)
            columns[11].append(fault.error.retryable)
        }
        return Request(insertion, columns.map(\.parameter))
    }
}
