import LonghaulStore

extension StoredRecord {
    /// A statement that inserts a record into `table`, in place of an earlier one.
    static func replacement(into table: String) -> Query {
        let placeholders = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        return Query("INSERT OR REPLACE INTO \(table) (\(columnNames)) VALUES (\(placeholders))")
    }

    /// A statement that inserts a record into `table` behind a key, by default the `seq` of its job.
    static func insertion(into table: String, key: String = "seq", replacing: Bool = false) -> Query {
        let placeholders = columns.indices.map { "?\($0 + 2)" }.joined(separator: ", ")
        return Query(
            "INSERT \(replacing ? "OR REPLACE " : "")INTO \(table) (\(key), \(columnNames)) "
                + "VALUES (?1, \(placeholders))")
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
