import LonghaulStore

/// A row of `faults`.
extension FaultRow {
    static let insert: Query = {
        let placeholders = columns.indices.map { "?\($0 + 2)" }.joined(separator: ", ")
        return Query("INSERT INTO faults (seq, \(columnNames)) VALUES (?1, \(placeholders))")
    }()

    static let ofJob = Query("SELECT \(columnNames) FROM faults WHERE seq = ?1 ORDER BY version")
}
