import LonghaulCore
import LonghaulStore

/// The statements that write rows of `jobs` in bulk. Each column costs the server time. Columns that have their
/// initial value in all rows, or that did not change, are therefore not sent.
enum JobWriting {
    private static let own = JobTable.columns.filter { $0.initial == nil }
    private static let alike = JobTable.columns.filter { $0.initial != nil }

    private static func unnested(_ columns: [JobTable.Column]) -> String {
        columns.enumerated().map { "$\($0.offset + 1)::\($0.element.type.name)[]" }.joined(separator: ", ")
    }

    private static func names(_ columns: [JobTable.Column]) -> String {
        columns.map(\.name).joined(separator: ", ")
    }

    // MARK: New rows

    private static let insertion = Query(
        """
        INSERT INTO longhaul.jobs (\(names(own)), \(names(alike)))
        SELECT * FROM unnest(\(unnested(own + alike)))
        """)
    private static let initialInsertion = Query(
        """
        INSERT INTO longhaul.jobs (\(names(own)), \(names(alike)))
        SELECT n.*, \(alike.map(literal).joined(separator: ", ")) FROM unnest(\(unnested(own))) n
        """)

    /// The initial value of a column as an SQL literal.
    private static func literal(_ column: JobTable.Column) -> String {
        let value = column.initial == .null ? "NULL" : column.type == .bool ? "false" : "0"
        return "\(value)::\(column.type.name)"
    }

    /// Stores new rows.
    static func insert(_ rows: [JobRow]) -> Request {
        var values = (own + alike).map { ArrayParameter($0.type) }
        write(rows, own + alike, &values)
        let isInitial = zip(alike, values[own.count...]).allSatisfy { column, values in
            column.initial == .null ? values.isAllNull : values.isAllZero
        }
        return isInitial
            ? Request(initialInsertion, values[..<own.count].map(\.parameter))
            : Request(insertion, values.map(\.parameter))
    }

    // MARK: Changed rows

    private static let changeable = JobTable.columns.filter { !$0.changes.isEmpty }

    /// The statement for each set of changes, by its raw value.
    private static let updates: [Query] = (0...JobTable.Changes.all.rawValue).map { number in
        let columns = changeable.filter { !$0.changes.isDisjoint(with: JobTable.Changes(rawValue: number)) }
        return Query(
            """
            UPDATE longhaul.jobs j SET \(columns.map { "\($0.name) = n.\($0.name)" }.joined(separator: ", "))
            FROM unnest(\(unnested([JobTable.columns[0]] + columns)))
            AS n (id, \(names(columns))) WHERE j.id = n.id
            """)
    }

    /// Writes the changed columns of stored rows; nil without changes.
    static func update(_ rows: [(before: JobRow, now: JobRow)]) -> Request? {
        var before = changeable.map { ArrayParameter($0.type) }
        var now = before
        write(rows.lazy.map(\.before), changeable, &before)
        write(rows.lazy.map(\.now), changeable, &now)
        var changes: JobTable.Changes = []
        for index in changeable.indices where before[index] != now[index] {
            changes.formUnion(changeable[index].changes)
        }
        guard !changes.isEmpty else { return nil }
        let written = zip(changeable, now).filter { !$0.0.changes.isDisjoint(with: changes) }.map(\.1)
        let ids = Parameter.uuids(rows.lazy.map(\.now.job.id))
        return Request(updates[changes.rawValue], [ids] + written.map(\.parameter))
    }

    /// Row by row: a row is large, and column by column would retain it again for each column.
    private static func write(
        _ rows: some Sequence<JobRow>, _ columns: [JobTable.Column], _ values: inout [ArrayParameter]
    ) {
        for row in rows {
            for index in columns.indices { values[index].append(columns[index].column.write(row)) }
        }
    }
}
