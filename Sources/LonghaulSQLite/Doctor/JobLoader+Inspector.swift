import LonghaulCore
import LonghaulStore

/// The queries of the checks of rows.
extension JobLoader: RowInspector {
    private static let blocked = Query("SELECT seq FROM jobs WHERE state = 1")
    private static let expired = Query(
        "SELECT seq FROM jobs WHERE state = 3 AND ifnull(lease_expires_at, 0) <= ?1")
    private static let unending = Query(
        "SELECT seq FROM jobs WHERE state IN (5, 6, 7) AND (purge_at IS NULL OR finished_at IS NULL)")
    private static let edge = Query(
        "SELECT 1 FROM dependencies WHERE on_seq = ?1 AND seq = ?2 AND is_resolved = 0")

    func eachRow(_ jobs: CheckedJobs, _ body: (JobRow) throws -> Void) throws {
        let seqs =
            switch jobs {
            case .blocked: try connection.all(Self.blocked) { $0.int64(0) }
            case .expiredLeases(let moment): try connection.all(Self.expired, .time(moment)) { $0.int64(0) }
            case .unending: try connection.all(Self.unending) { $0.int64(0) }
            }
        for seq in seqs {
            if let row = try row(at: seq) { try body(row) }
        }
    }

    func hasUnresolvedEdge(from row: JobRow, to dependency: JobRow) throws -> Bool {
        try connection.first(Self.edge, .integer(dependency.seq), .integer(row.seq)) { _ in true } ?? false
    }
}

extension Transaction: RowInspector {
    func eachRow(_ jobs: CheckedJobs, _ body: (JobRow) throws -> Void) throws {
        try loader.eachRow(jobs, body)
    }

    func hasUnresolvedEdge(from row: JobRow, to dependency: JobRow) throws -> Bool {
        try loader.hasUnresolvedEdge(from: row, to: dependency)
    }
}
