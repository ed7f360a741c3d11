public import LonghaulCore

extension Engine {
    /// How many dead letters are redriven or discarded in one transaction: few enough not to hold up the
    /// submissions that wait behind it.
    private static let batchSize = 200

    /// A page of the groups of dead letters, the largest first.
    public func deadLetterGroups(
        _ filter: DeadLetterGroupFilter = DeadLetterGroupFilter(), after cursor: DeadLetterGroupCursor? = nil,
        limit: Int
    ) async throws -> DeadLetterGroupPage {
        try await store.deadLetterGroups(filter, after: cursor, limit: limit)
    }

    /// Redrives or discards dead letters, and answers how many.
    ///
    /// Many are taken in several transactions, so that others go on in between; the count is exact whatever
    /// happens beside. Each job that was dead when the call came is taken once at most: what fails again
    /// meanwhile stays.
    ///
    /// - Throws: ``LonghaulError`` when the store stops answering; its detail says how many were taken before.
    public func resolveDeadLetters(
        _ selection: DeadLetterSelection, by action: DeadLetterAction
    ) async throws -> Int {
        var count = 0
        switch selection {
        case .ids(let ids):
            for start in stride(from: 0, to: ids.count, by: Self.batchSize) {
                let batch = Array(ids[start..<min(start + Self.batchSize, ids.count)])
                try await settle(batch, action, JobFilter(), count: &count)
            }
        case .filter(var filter, let limit):
            filter.states = [.failed]
            let wanted = limit ?? .max
            var cursor: JobCursor?
            repeat {
                // From the newest on, so that no job comes by twice: its place in the list never changes.
                let page = try await store.jobIDs(
                    filter, after: cursor, limit: min(wanted - count, Self.batchSize))
                try await settle(page.ids, action, filter, count: &count)
                cursor = page.next
            } while cursor != nil && count < wanted
        }
        return count
    }

    private func settle(
        _ ids: [JobID], _ action: DeadLetterAction, _ filter: JobFilter, count: inout Int
    ) async throws {
        guard !ids.isEmpty else { return }
        let answers = await store.resolveDeadLetters(ids, by: action, matching: filter)
        let taken = zip(ids, answers).filter { (try? $0.1.get()) != nil }.map(\.0)
        count += taken.count
        if action == .discard { cleaner.removeAll(of: taken) }
        for answer in answers {
            // Gone or taken by somebody else is an answer; anything else is a fault.
            guard case .failure(var error) = answer, error.code != .notFound, error.code != .conflict else {
                continue
            }
            error.detail +=
                " (after \(count) dead letters were \(action == .redrive ? "redriven" : "discarded"))"
            throw error
        }
    }

    /// How often each queue's dead letters have grown faster than they should, since the engine was made.
    public var deadLetterAlerts: [String: Int] { deadLetterWatch.raised }
}
