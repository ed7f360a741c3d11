import LonghaulCore
import LonghaulStore

/// The queries of the check of executions.
extension JobLoader: ExecutionInspector {
    private static let executions = Query(
        """
        SELECT jobs.seq, jobs.wake_at, ifnull(sums.count, 0), ifnull(sums.bytes, 0), sums.last FROM jobs
        LEFT JOIN (
            SELECT job, count(*) AS count, sum(length(value)) AS bytes, max(name) AS last FROM records
            WHERE space = ?1 GROUP BY job
        ) sums ON sums.job = jobs.id
        WHERE jobs.kind = ?2
        """)
    private static let owners = Query("SELECT DISTINCT job FROM records WHERE job <> ?1")

    func eachExecution(_ body: (InspectedExecution) throws -> Void) throws {
        let found = try connection.all(
            Self.executions, .int(RecordSpace.report.rawValue), .text(JobSpec.executionKind)
        ) { row in (0..<5).map { row.value($0) } }
        for values in found {
            guard let row = try row(at: values[0].int64) else { continue }
            try body(
                InspectedExecution(
                    row: row, count: values[2].int, bytes: values[3].int64,
                    lastReport: values[4].optionalText, wakeAt: values[1].optionalTime))
        }
    }

    func recordOwners() throws -> [JobID] {
        try connection.all(Self.owners, .id(RecordKey.noJob)) { JobID(bytes: $0.blob(0)) }
    }
}

extension Transaction: ExecutionInspector {
    func eachExecution(_ body: (InspectedExecution) throws -> Void) throws { try loader.eachExecution(body) }

    func recordOwners() throws -> [JobID] { try loader.recordOwners() }
}
