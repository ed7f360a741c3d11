import LonghaulCore
import LonghaulStoreRules

/// A page of jobs, newest first, found through the index that narrows the filter most.
struct JobList {
    let loader: JobLoader
    let filter: JobFilter

    /// How far the time in an identifier may be from the time at which its job was stored.
    private static let tolerance = 3600.0
    /// How many candidates are looked at together, at the least: a filter may pass over many for one that fits.
    private static let leastStep = 200

    func page(after cursor: JobCursor?, limit: Int) throws -> JobPage {
        let (rows, hasMore) = try rows(after: cursor, limit: limit)
        let jobs = try rows.map { try loader.job($0) }
        return JobPage(jobs: jobs, next: hasMore ? jobs.last.map { JobCursor(after: $0.id) } : nil)
    }

    /// The page's identifiers alone.
    func identifiers(after cursor: JobCursor?, limit: Int) throws -> JobIDPage {
        let (rows, hasMore) = try rows(after: cursor, limit: limit)
        let ids = rows.map(\.job.id)
        return JobIDPage(ids: ids, next: hasMore ? ids.last.map { JobCursor(after: $0) } : nil)
    }

    /// The page's rows, and whether there are more.
    private func rows(after cursor: JobCursor?, limit: Int) throws -> (rows: [JobRow], hasMore: Bool) {
        var before = try upperBound(cursor)
        let floor = filter.createdAfter.map { JobSequence.base(at: $0.adding(seconds: -Self.tolerance)) } ?? 0
        let source = JobListSource(connection: loader.connection, filter: filter, floor: floor)
        let step = max(limit + 1, Self.leastStep)
        var rows: [JobRow] = []
        while rows.count <= limit {
            let seqs = try source.next(before: before, limit: step)
            for seq in seqs where rows.count <= limit {
                guard let row = try loader.row(at: seq), matches(row.job) else { continue }
                rows.append(row)
            }
            guard let last = seqs.last, seqs.count >= step else { break }
            before = last
        }
        guard rows.count > limit else { return (rows, false) }
        rows.removeLast(rows.count - limit)
        return (rows, true)
    }

    /// The place before which the page begins.
    private func upperBound(_ cursor: JobCursor?) throws -> Int64 {
        var bound = Int64.max
        if let createdBefore = filter.createdBefore {
            bound = JobSequence.base(at: createdBefore.adding(seconds: Self.tolerance))
        }
        guard let cursor else { return bound }
        return min(bound, try loader.row(cursor.after)?.seq ?? JobSequence.base(of: cursor.after))
    }

    private func matches(_ job: Job) -> Bool {
        if !filter.states.isEmpty, !filter.states.contains(job.state) { return false }
        if let queue = filter.queue, job.spec.queue != queue { return false }
        if let kind = filter.kind, job.spec.kind != kind { return false }
        if let parent = filter.parentID, job.parentID != parent { return false }
        if let dependency = filter.dependencyID, !job.dependsOn.contains(dependency) { return false }
        if let actor = filter.actor, job.spec.actor != actor { return false }
        if let after = filter.createdAfter, job.createdAt < after { return false }
        if let before = filter.createdBefore, job.createdAt >= before { return false }
        return filter.tags.allSatisfy { job.spec.tags[$0.key] == $0.value }
    }
}
