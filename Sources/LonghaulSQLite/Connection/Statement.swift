import CSQLite
import LonghaulCore
import LonghaulStore

/// A prepared statement. Belongs to one connection and is used on that connection's thread alone.
final class Statement {
    private let handle: OpaquePointer
    private let database: OpaquePointer
    private let sql: String

    /// Makes SQLite copy a value before the call returns.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Prepares a statement for repeated use.
    init(_ sql: String, on database: OpaquePointer) throws(DatabaseError) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw DatabaseError(database, sql: sql) }
        self.handle = handle
        self.database = database
        self.sql = sql
    }

    /// Frees the statement; the connection calls it before it closes.
    func finalize() {
        sqlite3_finalize(handle)
    }

    /// Binds the values to the parameters `?1`, `?2`, ….
    func bind(_ values: [ColumnValue]) throws(DatabaseError) {
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1)) }
    }

    /// Binds a value to a parameter, counted from 1.
    func bind(_ value: ColumnValue, at index: Int32) throws(DatabaseError) {
        guard code(ofBinding: value, at: index) == SQLITE_OK else { throw DatabaseError(database, sql: sql) }
    }

    private func code(ofBinding value: ColumnValue, at index: Int32) -> Int32 {
        switch value {
        case .null:
            return sqlite3_bind_null(handle, index)
        case .integer(let value):
            return sqlite3_bind_int64(handle, index, value)
        case .real(let value):
            return sqlite3_bind_double(handle, index, value)
        case .bool(let value):
            return sqlite3_bind_int64(handle, index, value ? 1 : 0)
        case .id(let id):
            return withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { bytes in
                sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), Self.transient)
            }
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    guard let start = characters.baseAddress else {
                        return sqlite3_bind_text(handle, index, "", 0, Self.transient)
                    }
                    return sqlite3_bind_text64(
                        handle, index, start, UInt64(characters.count), Self.transient, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
            return sqlite3_bind_blob64(handle, index, bytes, UInt64(bytes.count), Self.transient)
        }
    }

    /// Advances to the next row; false at the end.
    func step() throws(DatabaseError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw DatabaseError(database, sql: sql)
        }
    }

    /// Resets the statement for its next use. `step` has already thrown the error that this call repeats.
    func reset() {
        _ = sqlite3_reset(handle)
    }
}

/// The columns of the current row, counted from 0.
extension Statement {
    func value(_ column: Int32) -> ColumnValue { optionalValue(column) ?? .null }

    /// The value; nil for NULL.
    func optionalValue(_ column: Int32) -> ColumnValue? {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer(int64(column))
        case SQLITE_FLOAT: .real(double(column))
        case SQLITE_TEXT: .text(text(column))
        case SQLITE_BLOB: .blob(blob(column))
        default: nil
        }
    }

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    func int64(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    func int(_ column: Int32) -> Int {
        Int(sqlite3_column_int64(handle, column))
    }

    func optionalInt64(_ column: Int32) -> Int64? {
        isNull(column) ? nil : int64(column)
    }

    func double(_ column: Int32) -> Double {
        sqlite3_column_double(handle, column)
    }

    func optionalDouble(_ column: Int32) -> Double? {
        isNull(column) ? nil : double(column)
    }

    func time(_ column: Int32) -> Timestamp {
        Timestamp(milliseconds: int64(column))
    }

    func optionalTime(_ column: Int32) -> Timestamp? {
        isNull(column) ? nil : time(column)
    }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func optionalText(_ column: Int32) -> String? {
        isNull(column) ? nil : text(column)
    }

    func blob(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    func optionalBlob(_ column: Int32) -> [UInt8]? {
        isNull(column) ? nil : blob(column)
    }
}
