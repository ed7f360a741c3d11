import LonghaulCore
import LonghaulStore

/// The statements that write rows of `jobs`, many at once. Each column costs the server time, so what all rows
/// have alike, because nothing has happened to it yet or nothing has changed it, is not sent.
enum JobWriting {
    private static let own = JobColumn.all.filter { $0.start == nil }
    private static let alike = JobColumn.all.filter { $0.start != nil }

    private static func unnested(_ columns: [JobColumn]) -> String {
        columns.enumerated().map { "$\($0.offset + 1)::\($0.element.type.name)[]" }.joined(separator: ", ")
    }

    private static func names(_ columns: [JobColumn]) -> String {
        columns.map(\.name).joined(separator: ", ")
    }

    // MARK: New rows

    private static let insertion = Query(
        """
        INSERT INTO longhaul.jobs (\(names(own)), \(names(alike)))
        SELECT * FROM unnest(\(unnested(own + alike)))
        """)
    private static let usualInsertion = Query(
        """
        INSERT INTO longhaul.jobs (\(names(own)), \(names(alike)))
        SELECT n.*, \(alike.map(literal).joined(separator: ", ")) FROM unnest(\(unnested(own))) n
        """)

    /// What a column starts with, as SQL has it.
    private static func literal(_ column: JobColumn) -> String {
        let value = column.start == .null ? "NULL" : column.type == .bool ? "false" : "0"
        return "\(value)::\(column.type.name)"
    }

    /// Stores new rows.
    static func insert(_ rows: [JobRow]) -> Request {
        var values = (own + alike).map { ArrayParameter($0.type) }
        write(rows, own + alike, &values)
        let isUsual = zip(alike, values[own.count...]).allSatisfy { column, values in
            column.start == .null ? values.isAllNull : values.isAllZero
        }
        return isUsual
            ? Request(usualInsertion, values[..<own.count].map(\.parameter))
            : Request(insertion, values.map(\.parameter))
    }

    // MARK: Changed rows

    private static let changeable = JobColumn.all.filter { !$0.changes.isEmpty }

    /// For each set of changes, by its number, the statement that writes them.
    private static let updates: [Query] = (0...JobColumn.Changes.all.rawValue).map { number in
        let columns = changeable.filter { !$0.changes.isDisjoint(with: JobColumn.Changes(rawValue: number)) }
        return Query(
            """
            UPDATE longhaul.jobs j SET \(columns.map { "\($0.name) = n.\($0.name)" }.joined(separator: ", "))
            FROM unnest(\(unnested([JobColumn.all[0]] + columns)))
            AS n (id, \(names(columns))) WHERE j.id = n.id
            """)
    }

    /// Writes what has changed of stored rows; nil if nothing has.
    static func update(_ rows: [(before: JobRow, now: JobRow)]) -> Request? {
        var before = changeable.map { ArrayParameter($0.type) }
        var now = before
        write(rows.lazy.map(\.before), changeable, &before)
        write(rows.lazy.map(\.now), changeable, &now)
        var changes: JobColumn.Changes = []
        for index in changeable.indices where before[index] != now[index] {
            changes.formUnion(changeable[index].changes)
        }
        guard !changes.isEmpty else { return nil }
        let written = zip(changeable, now).filter { !$0.0.changes.isDisjoint(with: changes) }.map(\.1)
        let ids = Parameter.uuids(rows.lazy.map(\.now.job.id))
        return Request(updates[changes.rawValue], [ids] + written.map(\.parameter))
    }

    /// Row by row: each is large, and would be retained anew for each column.
    private static func write(
        _ rows: some Sequence<JobRow>, _ columns: [JobColumn], _ values: inout [ArrayParameter]
    ) {
        for row in rows {
            for index in columns.indices { columns[index].write(row, &values[index]) }
        }
    }
}
