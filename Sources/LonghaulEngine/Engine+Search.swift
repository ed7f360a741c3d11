import LonghaulCore

/// Searching for a text. No index has the texts of jobs: a call reads the newest jobs, for a limited time.
extension Engine {
    /// A page of the jobs with the text of the filter, newest first. The page may end early, with a cursor, and may be
    /// empty then; ``JobPage/searchedTo`` shows how far back it has come.
    func searchedJobs(
        _ filter: JobFilter, for text: String, after cursor: JobCursor?, limit: Int, reading: JobReading,
        grant: KeyGrant
    ) async throws -> JobPage {
        let search = TextSearch(text)
        if cursor == nil, let end = search.endOfID {
            let found = try await jobs(filter, endingWith: end, limit: limit, reading: reading, grant: grant)
            if !found.isEmpty { return JobPage(jobs: found, next: nil) }
        }
        let stop = time.now().adding(seconds: configuration.search.maxSeconds)
        var found: [Job] = []
        var bytes = 0
        var next = cursor
        var oldest: Timestamp?
        var left = configuration.search.maxJobs
        repeat {
            try Task.checkCancellation()
            let page = try await store.jobs(
                filter, after: next, limit: min(TextSearch.step, left),
                reading: JobReading(maxBytes: reading.maxBytes))
            left -= page.jobs.count
            for job in page.jobs {
                if grant.covers(job.spec), search.matches(job) {
                    let shown = reading.isSummary ? job.summary : job
                    bytes += shown.weight
                    guard found.count < limit, found.isEmpty || bytes <= reading.maxBytes else {
                        return JobPage(jobs: found, next: next, searchedTo: oldest)
                    }
                    found.append(shown)
                }
                next = JobCursor(after: job.id)
                oldest = job.createdAt
            }
            guard page.next != nil else { return JobPage(jobs: found, next: nil) }
        } while left > 0 && found.count < limit && time.now() < stop
        return JobPage(jobs: found, next: next, searchedTo: oldest)
    }

    /// The jobs whose IDs end with these characters, among the newest ones.
    private func jobs(
        _ filter: JobFilter, endingWith end: String, limit: Int, reading: JobReading, grant: KeyGrant
    ) async throws -> [Job] {
        let stop = time.now().adding(seconds: configuration.search.maxSeconds)
        var ids: [JobID] = []
        if let id = JobID(end) {
            ids = [id]
        } else {
            var next: JobCursor?
            var left = configuration.search.maxIDs
            repeat {
                try Task.checkCancellation()
                let page = try await store.jobIDs(filter, after: next, limit: TextSearch.idStep)
                ids += page.ids.filter { $0.description.hasSuffix(end) }
                left -= page.ids.count
                next = page.next
            } while next != nil && left > 0 && ids.count < limit && time.now() < stop
        }
        var found: [Job] = []
        for id in ids.prefix(limit) {
            guard let job = try await store.job(id), filter.matches(job), grant.covers(job.spec),
                filter.errorType == nil || filter.errorType == job.error?.type,
                filter.fingerprint == nil || filter.fingerprint == job.fingerprint
            else { continue }
            found.append(reading.isSummary ? job.summary : job)
        }
        return found
    }
}
