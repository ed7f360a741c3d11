import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The records in a transaction: what was read of them, with the changes to write.
struct TrackedRecords {
    /// The records of a job and a space.
    private struct Group: Hashable {
        var space: RecordSpace
        var jobID: JobID?
    }

    private struct Entry {
        /// The record in the database; nil if there is none, or if it was not read.
        var stored: KeyedRecord?
        var isRead = false
        /// Whether the stored record is removed before the new value is written.
        var isRemoved = false
        /// The new value; nil for none.
        var value: JSONText?
        /// The number of times that a value was written since the removal.
        var writes: Int64 = 0

        var isChanged: Bool { isRemoved || writes > 0 }

        /// The record with the changes. Its revision is right if the stored record was read or is removed.
        func present(at key: RecordKey) -> KeyedRecord? {
            guard writes > 0 else { return isRemoved ? nil : stored }
            let base = isRemoved ? 0 : stored?.revision ?? 0
            return value.map { KeyedRecord(key: key, value: $0, revision: base + writes) }
        }
    }

    private var entries: [RecordKey: Entry] = [:]
    /// The groups whose stored records are removed.
    private var removedGroups: Set<Group> = []

    /// Whether it is known if there is a record of a key.
    func knows(_ key: RecordKey) -> Bool {
        if let entry = entries[key], entry.isRead || entry.isRemoved { return true }
        return removes(key)
    }

    /// Whether the stored record of a key is removed with its group.
    private func removes(_ key: RecordKey) -> Bool {
        !removedGroups.isEmpty && removedGroups.contains(Group(space: key.space, jobID: key.jobID))
    }

    /// The record of a key that is known.
    func record(_ key: RecordKey) -> KeyedRecord? { entries[key]?.present(at: key) }

    /// Adds stored records that were read.
    ///
    /// - Parameter asked: the keys that were read, with or without a record.
    mutating func add(read records: [KeyedRecord], _ asked: some Sequence<RecordKey>) {
        for key in asked where !knows(key) { entries[key, default: Entry()].isRead = true }
        for record in records where entries[record.key]?.isRead ?? false {
            entries[record.key]?.stored = record
        }
    }

    mutating func upsert(_ value: JSONText, at key: RecordKey) {
        entries[key, default: Entry()].value = value
        entries[key]?.writes += 1
    }

    mutating func remove(_ key: RecordKey) {
        var entry = entries[key] ?? Entry()
        entry.isRemoved = true
        entry.value = nil
        entry.writes = 0
        entries[key] = entry
    }

    /// Removes all records of a job and a space.
    mutating func removeAll(of id: JobID, in space: RecordSpace) {
        removedGroups.insert(Group(space: space, jobID: id))
        entries = entries.filter { $0.key.space != space || $0.key.jobID != id }
    }

    /// The number of changed records of a range's job and space.
    func changedCount(in range: RecordRange) -> Int {
        entries.count { $0.value.isChanged && $0.key.space == range.space && $0.key.jobID == range.jobID }
    }

    /// Stored records of a range with the changes of the transaction.
    func merged(_ stored: [KeyedRecord], in range: RecordRange) -> [KeyedRecord] {
        var found = stored.filter { !removes($0.key) && !(entries[$0.key]?.isChanged ?? false) }
        for (key, entry) in entries where entry.isChanged && range.contains(key) {
            if let record = entry.present(at: key) { found.append(record) }
        }
        found.sort { RecordKey.isInOrder($0.key, $1.key) != range.isDescending }
        return range.page(of: found)
    }
}

extension RecordRange {
    fileprivate func contains(_ key: RecordKey) -> Bool {
        guard key.space == space, key.jobID == jobID,
            !key.name.utf8.lexicographicallyPrecedes(firstName.utf8)
        else { return false }
        return endName.map { key.name.utf8.lexicographicallyPrecedes($0.utf8) } ?? true
    }
}

/// The statements that write the changes.
extension TrackedRecords {
    private static let removeGroups = Query(
        """
        DELETE FROM longhaul.records r USING unnest($1::bigint[], $2::uuid[]) AS g (space, job)
        WHERE r.space = g.space AND r.job = g.job
        """)
    private static let remove = Query(
        """
        DELETE FROM longhaul.records r USING unnest($1::bigint[], $2::uuid[], $3::text[]) AS g (space, job, name)
        WHERE r.space = g.space AND r.job = g.job AND r.name = g.name
        """)
    private static let insert = Query("\(insertion)")
    private static let upsert = Query(
        """
        \(insertion) ON CONFLICT (space, job, name) DO UPDATE
        SET revision = records.revision + excluded.revision, value = excluded.value
        """)
    private static let insertion = """
        INSERT INTO longhaul.records (space, job, name, revision, value)
        SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::bytea[])
        """

    /// The statements. If another transaction inserted a record first that was read as absent, the insert fails and the
    /// transaction runs again.
    var requests: [Request] {
        let changed = entries.filter(\.value.isChanged).sorted { RecordKey.isInOrder($0.key, $1.key) }
        let gone = changed.lazy.filter { $0.value.isRemoved && !($0.value.isRead && $0.value.stored == nil) }
        let written = changed.filter { $0.value.value != nil }
        let new = written.filter { $0.value.isRead && $0.value.stored == nil }
        let others = written.filter { !($0.value.isRead && $0.value.stored == nil) }
        var requests: [Request] = []
        if !removedGroups.isEmpty {
            let groups = removedGroups.map { RecordKey($0.space, of: $0.jobID, "") }
            let columns = RecordKeyColumns(groups.sorted(by: RecordKey.isInOrder)).parameters
            requests.append(Request(Self.removeGroups, Array(columns[..<2])))
        }
        if !gone.isEmpty {
            requests.append(Request(Self.remove, RecordKeyColumns(gone.map(\.key)).parameters))
        }
        if !new.isEmpty { requests.append(Self.insertion(of: Self.records(new))) }
        if !others.isEmpty { requests.append(Self.write(Self.records(others), by: Self.upsert)) }
        return requests
    }

    /// The statement that inserts new records.
    static func insertion(of records: [KeyedRecord]) -> Request { write(records, by: insert) }

    /// What is written of changed records: as revisions the numbers of writes.
    private static func records(_ entries: [(key: RecordKey, value: Entry)]) -> [KeyedRecord] {
        entries.compactMap { key, entry in
            entry.value.map { KeyedRecord(key: key, value: $0, revision: entry.writes) }
        }
    }

    private static func write(_ records: [KeyedRecord], by query: Query) -> Request {
        var revisions = ArrayParameter(.int8)
        var values = ArrayParameter(.bytea)
        for record in records {
            revisions.append(record.revision)
            values.append(record.value.bytes)
        }
        return Request(
            query,
            RecordKeyColumns(records.map(\.key)).parameters + [revisions.parameter, values.parameter])
    }
}
