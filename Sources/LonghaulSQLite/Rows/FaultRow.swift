import LonghaulStore

/// A row of `faults`.
extension FaultRow {
    static let insert = insertion(into: "faults")
    static let ofJob = Query("SELECT \(columnNames) FROM faults WHERE seq = ?1 ORDER BY version")
}
