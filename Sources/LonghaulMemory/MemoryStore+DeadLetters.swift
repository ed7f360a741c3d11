public import LonghaulCore
import LonghaulStoreRules

/// Dead letters.
extension MemoryStore {
    /// Redrives or discards dead letters whose errors fit a filter.
    public func settleDeadLetters(
        _ ids: [JobID], by action: DeadLetterAction, fitting filter: JobFilter
    ) async -> [Result<Void, LonghaulError>] {
        writeEach(ids) { try $0.settle($1, by: action, fitting: filter) }
    }

    /// A page of the groups of dead letters, the largest first.
    public func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) async throws -> DeadLetterGroupPage {
        let tables = try read()
        let fitting = tables.groups.values.filter { filter.fits($0) }
            .map(DeadLetterGroupCursor.init).sorted(by: Self.isBefore)
        let rest = fitting.filter { group in cursor.map { Self.isBefore($0, group) } ?? true }
        let page = rest.prefix(limit).compactMap { place in
            let key = Tables.GroupKey(fingerprint: place.fingerprint, queue: place.queue)
            return tables.groups[key].map { tables.withExample($0) }
        }
        return DeadLetterGroupPage(
            groups: page,
            next: rest.count > limit ? page.last.map { DeadLetterGroupCursor(after: $0) } : nil)
    }

    private static func isBefore(_ left: DeadLetterGroupCursor, _ right: DeadLetterGroupCursor) -> Bool {
        (right.count, left.fingerprint, left.queue) < (left.count, right.fingerprint, right.queue)
    }
}

extension Tables {
    fileprivate func withExample(_ group: DeadLetterGroup) -> DeadLetterGroup {
        var group = group
        let newest = rows {
            $0.row.job.fingerprint == group.fingerprint && $0.row.job.spec.queue == group.queue
        }.last?.whole
        if let newest, let error = newest.error {
            group.example = DeadLetterGroup.Example(jobID: newest.id, error: error)
        }
        return group
    }
}

extension DeadLetterGroupFilter {
    fileprivate func fits(_ group: DeadLetterGroup) -> Bool {
        (queue ?? group.queue) == group.queue && (kind ?? group.kind) == group.kind
            && (fingerprint ?? group.fingerprint) == group.fingerprint
            && (errorType ?? group.errorType) == group.errorType
    }
}
