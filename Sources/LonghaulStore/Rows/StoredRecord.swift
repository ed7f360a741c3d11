/// A record whose columns are the same in every SQL driver.
package protocol StoredRecord {
    /// The columns, in the order in which they are bound and read.
    static var columns: [Column<Self>] { get }
    /// A record to be filled by reading columns.
    static func blank() throws -> Self
}

extension StoredRecord {
    /// The names of the columns.
    package static var columnNames: String { columns.map(\.name).joined(separator: ", ") }
    /// The values of the columns.
    package var values: [ColumnValue] { Self.columns.map { $0.write(self) } }
}

/// A column of a ``StoredRecord``: its name, how a value is bound, and how it is read.
package struct Column<Record>: Sendable {
    package let name: String
    package let kind: ColumnKind
    package let write: @Sendable (Record) -> ColumnValue
    package let read: @Sendable (inout Record, ColumnValue) throws -> Void

    package init(
        _ name: String, _ kind: ColumnKind, _ write: @escaping @Sendable (Record) -> ColumnValue,
        _ read: @escaping @Sendable (inout Record, ColumnValue) throws -> Void
    ) {
        self.name = name
        self.kind = kind
        self.write = write
        self.read = read
    }
}

/// The kinds of column values.
package enum ColumnKind: Sendable {
    case integer, real, bool, text, blob, id
}
