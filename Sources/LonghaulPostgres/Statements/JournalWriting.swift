import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Writes the journals and signals of jobs at the end of a transaction.
enum JournalWriting {
    private static let insertOperations = JournalOperation.insertion(into: "operations")
    private static let insertSignals = StoredSignal.insertion(into: "signals")
    /// Looks each row up by its key, whatever the statistics are; see ``PositionTables``.
    private static let updateOperations: Query = {
        let columns = JournalOperation.changingColumns
        let arrays = columns.enumerated().map { "$\($0.offset + 3)::\($0.element.kind.type.name)[]" }
        return Query(
            """
            UPDATE longhaul.operations o SET \(columns.map { "\($0.name) = n.\($0.name)" }.joined(separator: ", "))
            FROM (
                SELECT g.*, (
                    SELECT l.ctid FROM longhaul.operations l WHERE l.id = g.id AND l.number = g.number) AS place
                FROM unnest($1::uuid[], $2::bigint[], \(arrays.joined(separator: ", ")))
                AS g (id, number, \(columns.map(\.name).joined(separator: ", "))) OFFSET 0) n
            WHERE o.ctid = n.place
            """)
    }()
    private static let removeOperations = Query(
        """
        DELETE FROM longhaul.operations o USING unnest($1::uuid[], $2::bigint[]) AS g (id, number)
        WHERE o.id = g.id AND o.number >= g.number
        """)
    private static let updateSignals = Query(
        """
        UPDATE longhaul.signals s SET consumed_by = n.consumed_by
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS n (id, number, consumed_by)
        WHERE s.id = n.id AND s.number = n.number
        """)
    private static let removeSignals = Query(
        """
        DELETE FROM longhaul.signals s USING unnest($1::uuid[], $2::bigint[]) AS g (id, number)
        WHERE s.id = g.id AND s.number = g.number
        """)
    private static let replacePayloads = Query(
        """
        UPDATE longhaul.jobs j SET payload = n.payload FROM unnest($1::uuid[], $2::bytea[]) AS n (id, payload)
        WHERE j.id = n.id
        """)

    /// The statements for jobs that are not deleted.
    static func requests(_ entries: [TrackedJob]) -> [Request] {
        let replaced = entries.filter { $0.hasNewPayload && $0.stored != nil }
        let changed = entries.filter(\.journal.isChanged)
        guard !replaced.isEmpty || !changed.isEmpty else { return [] }
        func each<Record>(_ records: (TrackedJournal) -> [Record]) -> [(id: JobID, record: Record)] {
            changed.flatMap { entry in records(entry.journal).map { (entry.row.job.id, $0) } }
        }
        // A removed number may be used again.
        return [
            numbered(removeOperations, each { [$0.removedFrom].compactMap(\.self) }),
            JournalOperation.insert(each(\.operationsToInsert), by: insertOperations),
            update(each(\.operationsToUpdate)),
            numbered(removeSignals, each { $0.removedSignals.sorted() }),
            StoredSignal.insert(each(\.signalsToInsert), by: insertSignals),
            consume(each(\.signalsToUpdate)), payloads(of: replaced),
        ].compactMap(\.self)
    }

    private static func numbered(_ query: Query, _ numbers: [(id: JobID, record: Int64)]) -> Request? {
        guard !numbers.isEmpty else { return nil }
        return Request(query, .uuids(numbers.lazy.map(\.id)), .numbers(numbers.lazy.map(\.record)))
    }

    private static func update(_ operations: [(id: JobID, record: JournalOperation)]) -> Request? {
        guard !operations.isEmpty else { return nil }
        let columns = JournalOperation.changingColumns
        var values = columns.map { ArrayParameter($0.kind.type) }
        for (_, operation) in operations {
            for (index, column) in columns.enumerated() { values[index].append(column.write(operation)) }
        }
        let keys = [
            Parameter.uuids(operations.lazy.map(\.id)), .numbers(operations.lazy.map(\.record.number)),
        ]
        return Request(updateOperations, keys + values.map(\.parameter))
    }

    private static func consume(_ signals: [(id: JobID, record: StoredSignal)]) -> Request? {
        guard !signals.isEmpty else { return nil }
        return Request(
            updateSignals, .uuids(signals.lazy.map(\.id)), .numbers(signals.lazy.map(\.record.number)),
            .numbers(signals.lazy.map(\.record.consumedBy)))
    }

    private static func payloads(of entries: [TrackedJob]) -> Request? {
        guard !entries.isEmpty else { return nil }
        var payloads = ArrayParameter(.bytea)
        for entry in entries { payloads.append(entry.row.job.spec.payload.bytes) }
        return Request(replacePayloads, .uuids(entries.map(\.row.job.id)), payloads.parameter)
    }
}
