public import LonghaulCore

/// Reading within the rights of a caller. The queue and the kind of a job never change.
extension Engine {
    /// The maximum number of pages that a call reads to find jobs that a grant covers.
    private static let maxPagesRead = 20

    /// A page of the jobs that a limited grant covers, newest first.
    func coveredJobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading, grant: KeyGrant
    ) async throws -> JobPage {
        let filter = try grant.narrowed(filter)
        var found: [Job] = []
        var next = cursor
        for _ in 0..<Self.maxPagesRead {
            let page = try await store.jobs(filter, after: next, limit: limit, reading: reading)
            for job in page.jobs where grant.covers(job.spec) {
                found.append(job)
                guard found.count == limit else { continue }
                let isLast = page.next == nil && job.id == page.jobs.last?.id
                return JobPage(jobs: found, next: isLast ? nil : JobCursor(after: job.id))
            }
            next = page.next
            if next == nil { break }
        }
        return JobPage(jobs: found, next: next)
    }

    /// The IDs of such a page.
    func jobIDs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, grant: KeyGrant
    ) async throws -> JobIDPage {
        guard grant.isLimited || filter.text != nil else {
            return try await store.jobIDs(filter, after: cursor, limit: limit)
        }
        let page = try await jobs(
            filter, after: cursor, limit: limit, reading: JobReading(isSummary: true), grant: grant)
        return JobIDPage(ids: page.jobs.map(\.id), next: page.next)
    }

    /// The jobs among these that a grant covers.
    func covered(_ ids: [JobID], by grant: KeyGrant) async throws -> [JobID] {
        guard grant.isLimited else { return ids }
        return try await store.outlines(of: ids)
            .filter { grant.covers(queue: $0.queue) && grant.covers(kind: $0.kind) }.map(\.id)
    }

    /// Throws `not_found` if a grant does not cover a job.
    public func require(_ id: JobID, within grant: KeyGrant) async throws {
        guard grant.isLimited else { return }
        guard let job = try await store.job(id), grant.covers(job.spec) else { throw LonghaulError.noJob(id) }
    }
}

extension KeyGrant {
    /// The filter, with the only queue or kind that the grant covers.
    ///
    /// - Throws: ``LonghaulError`` `forbidden` if the filter names another one.
    func narrowed(_ filter: JobFilter) throws(LonghaulError) -> JobFilter {
        var filter = filter
        if let queue = filter.queue { try require(queue: queue) }
        if let kind = filter.kind { try require(kind: kind) }
        filter.queue = filter.queue ?? Self.only(queues)
        filter.kind = filter.kind ?? Self.only(kinds)
        return filter
    }

    private static func only(_ patterns: [String]) -> String? {
        patterns.count == 1 ? patterns.first.flatMap { $0.contains("*") ? nil : $0 } : nil
    }
}
