import LonghaulCore
import LonghaulStore

/// A page of jobs, newest first, found through the index that narrows the filter most.
struct JobList {
    let loader: JobLoader
    let filter: JobFilter

    /// The maximum difference between the time in an identifier and the time at which its job was stored.
    private static let tolerance = 3600.0
    /// The minimum number of candidates per step. A filter can reject many candidates for each match.
    private static let minStep = 200

    func page(after cursor: JobCursor?, limit: Int, reading: JobReading) throws -> JobPage {
        var jobs: [Job] = []
        var bytes = 0
        let hasMore = try find(after: cursor, limit) { row in
            guard jobs.count < limit, let job = try job(row, reading) else { return jobs.count < limit }
            bytes += job.weight
            guard jobs.isEmpty || bytes <= reading.maxBytes else { return false }
            jobs.append(job)
            return true
        }
        return JobPage(jobs: jobs, next: hasMore ? jobs.last.map { JobCursor(after: $0.id) } : nil)
    }

    /// The page's identifiers alone.
    func identifiers(after cursor: JobCursor?, limit: Int) throws -> JobIDPage {
        var ids: [JobID] = []
        _ = try find(after: cursor, limit) { row in
            ids.append(row.job.id)
            return ids.count <= limit
        }
        return JobIDPage(ids, limit: limit)
    }

    /// The job of a row that was read without payload and result.
    private func job(_ row: JobRow, _ reading: JobReading) throws -> Job? {
        guard !reading.isSummary else { return try loader.job(row).summary }
        return try loader.row(at: row.seq).map(loader.job)
    }

    /// Passes matching rows to `add`, newest first and without payload and result, until it returns false. Returns
    /// whether it did.
    private func find(
        after cursor: JobCursor?, _ limit: Int, _ add: (JobRow) throws -> Bool
    ) throws -> Bool {
        let step = max(limit == .max ? limit : limit + 1, Self.minStep)
        var before = try upperBound(cursor)
        let floor = filter.createdAfter.map { JobSequence.base(at: $0.adding(seconds: -Self.tolerance)) } ?? 0
        let source = JobListSource(loader: loader, filter: filter, floor: floor)
        while true {
            let seqs = try source.next(before: before, limit: step)
            for seq in seqs {
                guard let row = try loader.slimRow(at: seq), filter.matches(row.job) else { continue }
                guard try add(row) else { return true }
            }
            guard let last = seqs.last, seqs.count >= step else { return false }
            before = last
        }
    }

    /// The exclusive upper bound of the page.
    private func upperBound(_ cursor: JobCursor?) throws -> Int64 {
        var bound = Int64.max
        if let createdBefore = filter.createdBefore {
            bound = JobSequence.base(at: createdBefore.adding(seconds: Self.tolerance))
        }
        guard let cursor else { return bound }
        return min(bound, try loader.row(cursor.after)?.seq ?? JobSequence.base(of: cursor.after))
    }
}
