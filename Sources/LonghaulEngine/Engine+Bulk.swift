public import LonghaulCore

/// Operations on many jobs.
extension Engine {
    /// The maximum number of jobs in one transaction. A larger transaction would delay submissions.
    private static let bulkBatchSize = 200
    /// The number of jobs that a filter selects without a limit.
    public static let defaultBulkLimit = 1000

    /// Changes many jobs. Returns the exact number of those that were changed.
    ///
    /// The call uses several transactions, so that other callers do not wait for all of them. Jobs for which the operation
    /// is not possible are left as they are.
    ///
    /// - Parameter grant: the rights of the caller. Other jobs are left as they are.
    /// - Throws: ``LonghaulError`` if the store stops answering. The detail has the number of jobs that were changed before.
    public func change(
        _ request: BulkRequest, by action: BulkAction, grant: KeyGrant = .everything
    ) async throws -> BulkCount {
        var answer = BulkCount(count: 0, hasMore: false)
        switch request.selection {
        case .ids(let named):
            var seen: Set<JobID> = []
            let ids = named.filter { seen.insert($0).inserted }
            for start in stride(from: 0, to: ids.count, by: Self.bulkBatchSize) {
                let batch = Array(ids[start..<min(start + Self.bulkBatchSize, ids.count)])
                let covered = try await covered(batch, by: grant)
                answer.count +=
                    request.isDryRun
                    ? try await possible(covered, action) : try await change(covered, action, answer.count)
            }
        case .filter(var filter, let limit):
            let states = action.states.filter { filter.states.isEmpty || filter.states.contains($0) }
            guard !states.isEmpty else { return answer }
            filter.states = states
            let wanted = limit ?? Self.defaultBulkLimit
            var selected = 0
            var cursor: JobCursor?
            repeat {
                // The list begins with the newest job. The place of a job never changes, so no job is read twice.
                let page = try await jobIDs(
                    filter, after: cursor, limit: min(wanted - selected, Self.bulkBatchSize), grant: grant)
                selected += page.ids.count
                answer.count +=
                    request.isDryRun ? page.ids.count : try await change(page.ids, action, answer.count)
                cursor = page.next
                // A search may read all jobs. The caller continues it with another call.
            } while cursor != nil && selected < wanted && filter.text == nil
            answer.hasMore = cursor != nil
        }
        return answer
    }

    /// The number of jobs among these for which an operation is possible.
    private func possible(_ ids: [JobID], _ action: BulkAction) async throws -> Int {
        try await store.outlines(of: ids).count { action.states.contains($0.state) }
    }

    private func change(_ ids: [JobID], _ action: BulkAction, _ before: Int) async throws -> Int {
        guard !ids.isEmpty else { return 0 }
        let answers: [LonghaulError?]
        switch action {
        case .cancel: answers = await store.cancel(ids).map(\.error)
        case .retry: answers = await store.retry(ids).map(\.error)
        case .delete: answers = await store.delete(ids).map(\.error)
        }
        let changed = zip(ids, answers).filter { $0.1 == nil }.map(\.0)
        if action == .delete { cleaner.removeAll(of: changed) }
        for case var error? in answers where error.code != .notFound && error.code != .conflict {
            error.detail += " (after \(before + changed.count) jobs)"
            throw error
        }
        if action == .cancel {
            for id in changed { try await cancelDescendants(of: id) }
        }
        return changed.count
    }

    private func cancelDescendants(of id: JobID) async throws {
        var children = JobFilter()
        children.parentID = id
        guard try await !store.jobIDs(children, after: nil, limit: 1).ids.isEmpty else { return }
        while try await store.cancelDescendants(of: id, limit: Self.bulkBatchSize) == Self.bulkBatchSize {}
    }
}

extension Result where Failure == LonghaulError {
    fileprivate var error: LonghaulError? {
        if case .failure(let error) = self { error } else { nil }
    }
}
