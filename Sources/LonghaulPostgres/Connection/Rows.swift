import CLibPQ
import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The rows of a result, in the server's binary format.
final class Rows {
    private let handle: OpaquePointer
    /// The number of rows.
    let count: Int
    /// The number of rows that the statement changed.
    let changed: Int
    /// Whether the statement inserted, updated or deleted a row. `changed` counts the rows of a SELECT as well.
    let isChange: Bool

    /// Takes ownership of a result of libpq.
    init(_ handle: OpaquePointer) {
        self.handle = handle
        count = Int(PQntuples(handle))
        changed = PQcmdTuples(handle).flatMap { Int(String(cString: $0)) } ?? 0
        let command = PQcmdStatus(handle).map { String(cString: $0) } ?? ""
        isChange = changed > 0 && ["INSERT", "UPDATE", "DELETE"].contains { command.hasPrefix($0) }
    }

    deinit {
        PQclear(handle)
    }

    /// A reader at the first column of a row.
    subscript(row: Int) -> RowReader { RowReader(rows: self, row: Int32(row)) }

    /// The first row; nil if there is none.
    var first: RowReader? { count > 0 ? self[0] : nil }

    /// Decodes each row with `read`.
    func map<Value>(_ read: (inout RowReader) throws -> Value) rethrows -> [Value] {
        try (0..<count).map { row in
            var reader = self[row]
            return try read(&reader)
        }
    }

    fileprivate func field(_ row: Int32, _ column: Int32) -> UnsafeRawBufferPointer? {
        guard PQgetisnull(handle, row, column) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(handle, row, column), count: Int(PQgetlength(handle, row, column)))
    }
}

/// Reads the columns of one row from left to right. For NULL, the optional readers return nil and the others zero or
/// an empty value.
struct RowReader {
    private let rows: Rows
    private let row: Int32
    private var column: Int32 = 0

    fileprivate init(rows: Rows, row: Int32) {
        self.rows = rows
        self.row = row
    }

    private mutating func next() -> UnsafeRawBufferPointer? {
        defer { column += 1 }
        return rows.field(row, column)
    }

    private static func integer(_ field: UnsafeRawBufferPointer) -> Int64 {
        // The first byte carries the sign, independent of the width.
        field.dropFirst().reduce(Int64(Int8(bitPattern: field.first ?? 0))) { $0 << 8 | Int64($1) }
    }

    /// The next column, which has this type.
    mutating func value(_ type: ColumnType) -> ColumnValue {
        switch type {
        case .bool: .bool(bool())
        case .bytea: .blob(optionalBytes())
        case .int2, .int4, .int8: .integer(optionalInt64())
        case .float8: .real(optionalDouble())
        case .text: .text(optionalText())
        case .uuid: .id(optionalID())
        }
    }

    mutating func optionalInt64() -> Int64? { next().map(Self.integer) }
    mutating func int64() -> Int64 { optionalInt64() ?? 0 }
    mutating func int() -> Int { Int(int64()) }
    mutating func optionalInt() -> Int? { optionalInt64().map { Int($0) } }
    mutating func bool() -> Bool { next()?.first == 1 }
    mutating func optionalDouble() -> Double? {
        optionalInt64().map { Double(bitPattern: UInt64(bitPattern: $0)) }
    }
    mutating func double() -> Double { optionalDouble() ?? 0 }
    mutating func optionalTime() -> Timestamp? { optionalInt64().map { Timestamp(milliseconds: $0) } }
    mutating func time() -> Timestamp { Timestamp(milliseconds: int64()) }
    mutating func optionalText() -> String? { next().map { String(decoding: $0, as: UTF8.self) } }
    mutating func text() -> String { optionalText() ?? "" }
    mutating func optionalBytes() -> [UInt8]? { next().map { Array($0) } }
    mutating func bytes() -> [UInt8] { optionalBytes() ?? [] }
    mutating func optionalJSON() -> JSONText? { optionalBytes().map { JSONText(validated: $0) } }

    mutating func optionalID() -> JobID? {
        guard let field = next(), field.count == 16 else { return nil }
        return JobID(
            high: UInt64(bigEndian: field.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            low: UInt64(bigEndian: field.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    mutating func id() -> JobID { optionalID() ?? JobID(high: 0, low: 0) }
}
