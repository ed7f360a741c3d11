import LonghaulStore

/// A row of `queues`.
extension QueueState {
    private static let stored = columns + countColumns

    static let columnNames = "name, " + stored.map(\.name).joined(separator: ", ")

    static let save = Query(
        "INSERT OR REPLACE INTO queues (\(columnNames)) VALUES "
            + "(\((0...stored.count).map { "?\($0 + 1)" }.joined(separator: ", ")))")

    /// Reads the current row of a statement that selects `columnNames`.
    static func read(_ row: Statement) throws -> (name: String, state: QueueState) {
        var state = QueueState()
        for (index, column) in stored.enumerated() { try column.read(&state, row.value(Int32(index + 1))) }
        return (row.text(0), state)
    }

    /// The parameters of `save`.
    func values(_ name: String) -> [ColumnValue] {
        [.text(name)] + Self.stored.map { $0.write(self) }
    }
}
