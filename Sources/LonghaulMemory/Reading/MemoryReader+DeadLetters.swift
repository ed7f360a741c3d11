package import LonghaulCore
import LonghaulStore

/// Groups of dead letters.
extension MemoryReader {
    package func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) -> DeadLetterGroupPage {
        let fitting = tables.groups.values.filter { filter.fits($0) }
            .map(DeadLetterGroupCursor.init).sorted(by: Self.isBefore)
        let rest = fitting.filter { group in cursor.map { Self.isBefore($0, group) } ?? true }
        let found = rest.prefix(limit + 1).compactMap { place in
            let key = Tables.GroupKey(fingerprint: place.fingerprint, queue: place.queue)
            return tables.groups[key].map { tables.withExample($0) }
        }
        return DeadLetterGroupPage(found, limit: limit)
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
