public import LonghaulCore

extension Engine {
    /// The maximum number of dead letters in one transaction. A larger transaction would delay submissions.
    private static let batchSize = 200

    /// A page of dead letter groups, the largest first.
    public func deadLetterGroups(
        _ filter: DeadLetterGroupFilter = DeadLetterGroupFilter(), after cursor: DeadLetterGroupCursor? = nil,
        limit: Int
    ) async throws -> DeadLetterGroupPage {
        try await store.deadLetterGroups(filter, after: cursor, limit: limit)
    }

    /// Redrives or discards dead letters. Returns their exact number.
    ///
    /// The call uses several transactions, so that other callers do not wait for all of them. It processes each job at
    /// most once: a job that fails again during the call stays a dead letter.
    ///
    /// - Parameter grant: the rights of the caller. Other jobs are left as they are.
    /// - Throws: ``LonghaulError`` if the store stops answering. The detail has the number of jobs that were processed
    ///   before.
    public func resolveDeadLetters(
        _ selection: JobSelection, by action: DeadLetterAction, grant: KeyGrant = .everything
    ) async throws -> Int {
        var count = 0
        switch selection {
        case .ids(let ids):
            for start in stride(from: 0, to: ids.count, by: Self.batchSize) {
                let batch = Array(ids[start..<min(start + Self.batchSize, ids.count)])
                try await resolve(
                    try await covered(batch, by: grant), action, JobFilter(), count: &count)
            }
        case .filter(var filter, let limit):
            filter.states = [.failed]
            let wanted = limit ?? .max
            var cursor: JobCursor?
            repeat {
                // The list begins with the newest job. The place of a job never changes, so no job is read twice.
                let page = try await jobIDs(
                    filter, after: cursor, limit: min(wanted - count, Self.batchSize), grant: grant)
                try await resolve(page.ids, action, filter, count: &count)
                cursor = page.next
            } while cursor != nil && count < wanted
        }
        return count
    }

    private func resolve(
        _ ids: [JobID], _ action: DeadLetterAction, _ filter: JobFilter, count: inout Int
    ) async throws {
        guard !ids.isEmpty else { return }
        let answers = await store.resolveDeadLetters(ids, by: action, matching: filter)
        let processed = zip(ids, answers).filter { (try? $0.1.get()) != nil }.map(\.0)
        count += processed.count
        if action == .discard { cleaner.removeAll(of: processed) }
        for answer in answers {
            // Another caller may have redriven or deleted the job. Any other error ends the call.
            guard case .failure(var error) = answer, error.code != .notFound, error.code != .conflict else {
                continue
            }
            error.detail +=
                " (after \(count) dead letters were \(action == .redrive ? "redriven" : "discarded"))"
            throw error
        }
    }

    /// The number of dead letter alerts of each queue since the engine was created.
    public var deadLetterAlerts: [String: Int] { deadLetterWatch.raised }
}
