import LonghaulCore
import LonghaulStore

/// Data of rows in other tables, and the jobs around them.
extension Transaction {
    func faults(of row: JobRow) -> [FaultRow] {
        entries[row.job.id]?.faults ?? []
    }

    func fingerprint(of row: JobRow) -> String? {
        row.job.fingerprint
    }

    private static let unended = Query(
        """
        SELECT id FROM longhaul.jobs WHERE parent = $1::uuid AND state NOT IN (5, 6, 7)
        ORDER BY id LIMIT $2::bigint
        """)
    private static let parents = Query(
        "SELECT id FROM longhaul.jobs WHERE parent = $1::uuid AND is_parent ORDER BY id")

    func unendedChildren(of id: JobID, limit: Int) throws -> [JobID] {
        try connection.run(Request(Self.unended, .uuid(id), .int8(limit))).map { $0.id() }
    }

    func parentsAmongChildren(of id: JobID) throws -> [JobID] {
        try connection.run(Request(Self.parents, .uuid(id))).map { $0.id() }
    }

    func addDependency(of row: JobRow, on other: JobRow) {
        change(other.job.id) { entry in
            entry.waiting.append(row.job.id)
            entry.newWaiting.append(row.job.id)
            guard !entry.row.isAwaited else { return }
            entry.row.isAwaited = true
            entry.isChanged = true
        }
    }

    func addResolvedDependency(of row: JobRow, on other: JobRow) {
        change(other.job.id) { $0.newResolved.append(row.job.id) }
    }

    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        // A repaired edge may be in the list twice; each dependent is resolved once.
        let ids = Set(entries[row.job.id]?.waiting ?? []).sorted()
        guard !ids.isEmpty else { return }
        change(row.job.id) { entry in
            if entry.waiting.count > entry.newWaiting.count { entry.resolvesWaiting = true }
            entry.newResolved += entry.newWaiting
            entry.waiting = []
            entry.newWaiting = []
        }
        try fetch(ids)
        for id in ids {
            guard var dependent = try self.row(id) else { continue }
            try body(&dependent)
        }
    }
}
