import LonghaulCore
import LonghaulStore

/// The queries of the checks of rows.
private enum Inspection {
    static let blocked = Query("SELECT id FROM longhaul.jobs WHERE state = 1 ORDER BY id")
    static let expired = Query(
        "SELECT id FROM longhaul.jobs WHERE state = 3 AND coalesce(lease_expires_at, 0) <= $1::bigint")
    static let unending = Query(
        "SELECT id FROM longhaul.jobs WHERE state IN (5, 6, 7) AND (purge_at IS NULL OR finished_at IS NULL)")
    static let edge = Query(
        "SELECT FROM longhaul.dependencies WHERE on_id = $1::uuid AND id = $2::uuid AND NOT is_resolved")

    static func ids(_ jobs: CheckedJobs, _ connection: Connection) throws -> [JobID] {
        let request =
            switch jobs {
            case .blocked: Request(blocked)
            case .expiredLeases(let moment): Request(expired, .time(moment))
            case .unending: Request(unending)
            }
        return try connection.run(request).map { $0.id() }
    }

    static func hasEdge(from row: JobRow, to dependency: JobRow, _ connection: Connection) throws -> Bool {
        try connection.run(Request(edge, .uuid(dependency.job.id), .uuid(row.job.id))).count > 0
    }
}

extension Reader: RowInspector {
    func eachRow(_ jobs: CheckedJobs, _ body: (JobRow) throws -> Void) throws {
        try steadily {
            for id in try Inspection.ids(jobs, connection) {
                if let row = try row(id) { try body(row) }
            }
        }
    }

    func hasUnresolvedEdge(from row: JobRow, to dependency: JobRow) throws -> Bool {
        try Inspection.hasEdge(from: row, to: dependency, connection)
    }
}

extension Transaction: RowInspector {
    func eachRow(_ jobs: CheckedJobs, _ body: (JobRow) throws -> Void) throws {
        for id in try Inspection.ids(jobs, connection) {
            if let row = try row(id) { try body(row) }
        }
    }

    func hasUnresolvedEdge(from row: JobRow, to dependency: JobRow) throws -> Bool {
        try Inspection.hasEdge(from: row, to: dependency, connection)
    }
}
