import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The keyed records of a database.
struct RecordTable: Sendable {
    /// The records of a space and a job. A transaction copies the groups that it changes, and not the whole table.
    private struct Group: Hashable {
        var space: RecordSpace
        var jobID: JobID?
    }

    private var groups: [Group: [RecordKey: KeyedRecord]] = [:]

    subscript(key: RecordKey) -> KeyedRecord? {
        groups[Group(space: key.space, jobID: key.jobID)]?[key]
    }

    /// The IDs of the jobs that have records.
    var owners: Set<JobID> { Set(groups.keys.compactMap(\.jobID)) }

    mutating func upsert(_ value: JSONText, at key: RecordKey) {
        let revision = (self[key]?.revision ?? 0) + 1
        let record = KeyedRecord(key: key, value: value, revision: revision)
        groups[Group(space: key.space, jobID: key.jobID), default: [:]][key] = record
    }

    mutating func remove(_ key: RecordKey) {
        let group = Group(space: key.space, jobID: key.jobID)
        groups[group]?[key] = nil
        if groups[group]?.isEmpty == true { groups[group] = nil }
    }

    func records(_ range: RecordRange) -> [KeyedRecord] {
        let group = groups[Group(space: range.space, jobID: range.jobID)] ?? [:]
        let fitting = group.values.filter { record in
            let name = record.key.name.utf8
            guard name.starts(with: range.prefix.utf8) else { return false }
            guard let after = range.after?.utf8 else { return true }
            return range.isDescending
                ? name.lexicographicallyPrecedes(after) : after.lexicographicallyPrecedes(name)
        }
        let sorted = fitting.sorted { left, right in
            left.key.name.utf8.lexicographicallyPrecedes(right.key.name.utf8) != range.isDescending
        }
        return range.page(of: sorted)
    }
}
