import CLibPQ
import LonghaulConcurrency
import LonghaulCore
import LonghaulStore

/// An error of PostgreSQL or of the connection to it.
struct PostgresError: Error, CustomStringConvertible {
    /// The SQLSTATE; nil if the server did not answer.
    let state: String?
    /// The message of the server or of libpq.
    let message: String
    /// The violated constraint, if any.
    let constraint: String?
    /// The statement, if there was one.
    let sql: String?

    init(state: String?, message: String, constraint: String? = nil, sql: String? = nil) {
        self.state = state
        self.message = message
        self.constraint = constraint
        self.sql = sql
    }

    /// A lost or failed connection.
    static func lost(_ message: String) -> PostgresError {
        PostgresError(state: nil, message: message)
    }

    /// A value in the database that no version of the store wrote.
    static func corrupt(_ message: String) -> PostgresError {
        PostgresError(state: "XX001", message: message)
    }

    /// The class of the code.
    private var family: Substring { state?.prefix(2) ?? "" }

    /// Whether the database asks for the transaction to be run again.
    var isSerializationFailure: Bool { state == "40001" }

    /// Whether the transaction conflicted with another one and can run again.
    var isConflict: Bool {
        isSerializationFailure || state == "40P01"
            || (state == "23505" && constraint.map(Self.keyConstraints.contains) ?? false)
    }

    /// The constraints that a key belongs to one job, and that a record has one value.
    private static let keyConstraints: Set = ["submission_keys_pkey", "records_pkey"]

    /// Whether a new job has the identifier of another.
    var isRepeatedJob: Bool { state == "23505" && constraint == "jobs_pkey" }

    /// Whether a lock of another transaction was not released in time.
    var isLocked: Bool { state == "55P03" }

    /// Whether the environment caused the error (the connection, space, a server that starts or stops), not the
    /// statement.
    var isEnvironmental: Bool {
        guard let state else { return true }
        switch family {
        case "08", "28", "3D", "53", "57", "58", "F0": return true
        default: return state == "25006" || state == "40001" || state == "40P01" || isLocked
        }
    }

    /// Whether the server answered, but cannot store changes: no space or memory, an I/O error, or read-only.
    ///
    /// A lost or refused connection is not among them: reads fail as well then, so the first read that succeeds shows
    /// that the outage is over.
    var rejectsWrites: Bool { ["53100", "53200", "25006"].contains(state) || family == "58" }

    /// Code, message and statement.
    var description: String {
        (state.map { "PostgreSQL error \($0): " } ?? "") + message + (sql.map { " in: \($0)" } ?? "")
    }

    /// The error as callers of the store see it.
    var asLonghaulError: LonghaulError {
        if isLocked {
            return LonghaulError(
                .unavailable, "another transaction holds what this needs: \(self)", retryAfterSeconds: 1)
        }
        return isEnvironmental
            ? LonghaulError(.unavailable, "the store does not answer: \(self)", retryAfterSeconds: 1)
            : LonghaulError(.internal, "the store failed: \(self)")
    }
}

extension LonghaulError {
    /// An error of an operation as callers of the store see it.
    init(_ error: any Error) {
        switch error {
        case let error as LonghaulError: self = error
        case let error as PostgresError: self = error.asLonghaulError
        case let error as CorruptValue: self = PostgresError.corrupt(error.message).asLonghaulError
        case is NoThread: self = LonghaulError(.unavailable, "the system has no thread for the store")
        default: self = LonghaulError(.internal, "the store failed: \(error)")
        }
    }
}
