import CSQLite
import LonghaulConcurrency
import LonghaulCore
import LonghaulStore

/// An error of SQLite.
struct DatabaseError: Error, CustomStringConvertible {
    /// The primary result code, such as `SQLITE_FULL`.
    let code: Int32
    /// The extended result code.
    let extendedCode: Int32
    /// SQLite's message.
    let message: String
    /// The statement, if there was one.
    let sql: String?

    /// The current error of a connection.
    init(_ handle: OpaquePointer?, sql: String? = nil) {
        extendedCode = sqlite3_extended_errcode(handle)
        code = extendedCode & 0xFF
        message = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "out of memory"
        self.sql = sql
    }

    /// An error of the file system below SQLite.
    init(code extendedCode: Int32) {
        self.extendedCode = extendedCode
        code = extendedCode & 0xFF
        message = String(cString: sqlite3_errstr(extendedCode))
        sql = nil
    }

    /// A value in the database that no version of the store wrote.
    init(corrupt message: String) {
        code = SQLITE_CORRUPT
        extendedCode = SQLITE_CORRUPT
        self.message = message
        sql = nil
    }

    /// Whether the environment caused the error (no space, no access, a failing disk), not the statement.
    var isEnvironmental: Bool {
        switch code {
        case SQLITE_FULL, SQLITE_IOERR, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_CANTOPEN, SQLITE_READONLY,
            SQLITE_NOMEM, SQLITE_PERM, SQLITE_AUTH, SQLITE_INTERRUPT, SQLITE_PROTOCOL, SQLITE_NOLFS:
            true
        default:
            false
        }
    }

    /// Code, extended code, message and statement.
    var description: String {
        "SQLite error \(code) (\(extendedCode)): \(message)" + (sql.map { " in: \($0)" } ?? "")
    }

    /// The error as callers of the store see it.
    var asLonghaulError: LonghaulError {
        isEnvironmental
            ? LonghaulError(.unavailable, "the store rejected the change: \(self)", retryAfterSeconds: 1)
            : LonghaulError(.internal, "the store failed: \(self)")
    }
}

extension LonghaulError {
    /// An error of an operation as callers of the store see it.
    init(_ error: any Error) {
        switch error {
        case let error as LonghaulError: self = error
        case let error as DatabaseError: self = error.asLonghaulError
        case let error as CorruptValue: self = DatabaseError(corrupt: error.message).asLonghaulError
        case is NoThread: self = LonghaulError(.unavailable, "the system has no thread for the store")
        default: self = LonghaulError(.internal, "the store failed: \(error)")
        }
    }
}
