import LonghaulCore
import LonghaulStore

/// The queries of the check of executions.
private enum ExecutionInspection {
    private static let executions = Query(
        """
        SELECT j.id, coalesce(s.count, 0), coalesce(s.bytes, 0)::bigint, s.last FROM longhaul.jobs j
        LEFT JOIN (
            SELECT job, count(*) AS count, sum(octet_length(value)) AS bytes, max(name) AS last
            FROM longhaul.records WHERE space = $1::bigint GROUP BY job) s ON s.job = j.id
        WHERE j.kind = $2::text ORDER BY j.id
        """)
    private static let owners = Query(
        "SELECT DISTINCT job FROM longhaul.records WHERE job <> $1::uuid ORDER BY job")

    struct Sums {
        let id: JobID
        let count: Int
        let bytes: Int64
        let lastReport: String?

        func execution(_ row: JobRow) -> InspectedExecution {
            InspectedExecution(
                row: row, count: count, bytes: bytes, lastReport: lastReport,
                wakeAt: row.job.state == .suspended && row.due != .distantFuture ? row.due : nil)
        }
    }

    static func sums(_ connection: Connection) throws -> [Sums] {
        let request = Request(
            executions, .int8(RecordSpace.report.rawValue), .text(JobSpec.executionKind))
        return try connection.run(request).map {
            Sums(id: $0.id(), count: $0.int(), bytes: $0.int64(), lastReport: $0.optionalText())
        }
    }

    static func owners(_ connection: Connection) throws -> [JobID] {
        try connection.run(Request(owners, .uuid(RecordKey.noJob))).map { $0.id() }
    }
}

extension Reader: ExecutionInspector {
    func eachExecution(_ body: (InspectedExecution) throws -> Void) throws {
        try steadily {
            for sums in try ExecutionInspection.sums(connection) {
                if let row = try row(sums.id) { try body(sums.execution(row)) }
            }
        }
    }

    func recordOwners() throws -> [JobID] { try ExecutionInspection.owners(connection) }
}

extension Transaction: ExecutionInspector {
    func eachExecution(_ body: (InspectedExecution) throws -> Void) throws {
        for sums in try ExecutionInspection.sums(connection) {
            if let row = try row(sums.id) { try body(sums.execution(row)) }
        }
    }

    func recordOwners() throws -> [JobID] { try ExecutionInspection.owners(connection) }
}
