import LonghaulStore

extension StoredRecord {
    /// A statement that inserts a record into `table`, in place of an earlier one.
    static func replacement(into table: String) -> Query {
        let placeholders = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        return Query("INSERT OR REPLACE INTO \(table) (\(columnNames)) VALUES (\(placeholders))")
    }

    /// Reads the current row of a statement that selects `columnNames`.
    init(_ row: Statement) throws {
        self = try .blank()
        var index: Int32 = 0
        for column in Self.columns {
            try column.read(&self, row.value(index))
            index += 1
        }
    }
}
