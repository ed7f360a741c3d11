import LonghaulCore
import LonghaulStore

extension StoredRecord {
    /// The parameters of one record, from `$1` on.
    static var placeholders: String {
        columns.enumerated().map { "$\($0.offset + 1)::\($0.element.kind.type.name)" }.joined(separator: ", ")
    }

    /// A statement that inserts records into `table`, each with the identifier of its job.
    static func insertion(into table: String, onConflict: String = "") -> Query {
        let arrays = columns.enumerated().map { "$\($0.offset + 2)::\($0.element.kind.type.name)[]" }
        return Query(
            """
            INSERT INTO longhaul.\(table) (id, \(columnNames))
            SELECT * FROM unnest($1::uuid[], \(arrays.joined(separator: ", "))) \(onConflict)
            """)
    }

    /// Runs an insertion; nil without records.
    static func insert(_ records: [(id: JobID, record: Self)], by insertion: Query) -> Request? {
        guard !records.isEmpty else { return nil }
        var lists = columns.map { ArrayParameter($0.kind.type) }
        for (_, record) in records {
            for (index, column) in columns.enumerated() { lists[index].append(column.write(record)) }
        }
        return Request(insertion, [.uuids(records.map(\.id))] + lists.map(\.parameter))
    }

    /// The columns of a row that conflicts with an insert, for `DO UPDATE SET (columns) = (…)`.
    static var excluded: String { columns.map { "excluded.\($0.name)" }.joined(separator: ", ") }

    /// The values of `placeholders`.
    var parameters: [Parameter] { values.map { Parameter($0) } }

    /// Reads the next columns of a row, `columnNames`.
    init(_ row: inout RowReader) throws {
        self = try .blank()
        for column in Self.columns { try column.read(&self, row.value(column.kind.type)) }
    }
}

extension ColumnKind {
    /// The type of parameters of this kind.
    var type: ColumnType {
        switch self {
        case .integer: .int8
        case .real: .float8
        case .bool: .bool
        case .text: .text
        case .blob: .bytea
        case .id: .uuid
        }
    }
}

extension Parameter {
    init(_ value: ColumnValue) {
        switch value {
        case .null: self = .null
        case .integer(let value): self = .int8(value)
        case .real(let value): self = .float8(value)
        case .bool(let value): self = .bool(value)
        case .text(let value): self = .text(value)
        case .blob(let value): self = .bytea(value)
        case .id(let value): self = .uuid(value)
        }
    }
}
