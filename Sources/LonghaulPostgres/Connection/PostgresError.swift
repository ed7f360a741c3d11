import CLibPQ
import LonghaulCore
import LonghaulStore

/// What PostgreSQL, or the way to it, answered when it did not do what it was asked.
struct PostgresError: Error, CustomStringConvertible {
    /// The five characters of the server's code; nil if the server did not answer.
    let state: String?
    /// The server's or libpq's own words.
    let message: String
    /// The constraint that was broken, where one was.
    let constraint: String?
    /// The statement, where there was one.
    let sql: String?

    init(state: String?, message: String, constraint: String? = nil, sql: String? = nil) {
        self.state = state
        self.message = message
        self.constraint = constraint
        self.sql = sql
    }

    /// A connection that was lost or could not be made.
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

    /// Whether the transaction met another and can be run again.
    var isConflict: Bool {
        isSerializationFailure || state == "40P01"
            || (state == "23505" && constraint == Self.keyConstraint)
    }

    /// The constraint by which a key stands for one job.
    private static let keyConstraint = "submission_keys_pkey"

    /// Whether a new job has the identifier of another.
    var isRepeatedJob: Bool { state == "23505" && constraint == "jobs_pkey" }

    /// Whether another transaction holds what was needed, and for too long.
    var isLocked: Bool { state == "55P03" }

    /// Whether the surroundings are at fault (the connection, space, a server that starts or stops) and not
    /// the statement.
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

    /// The error in the words of the port.
    var asLonghaulError: LonghaulError {
        if isLocked {
            return LonghaulError(
                .unavailable, "another transaction holds what this needs: \(self)", retryAfterSeconds: 1)
        }
        return isEnvironmental
            ? LonghaulError(.unavailable, "the store does not answer: \(self)", retryAfterSeconds: 1)
            : LonghaulError(.internal, "the store answered with a fault: \(self)")
    }
}

extension LonghaulError {
    /// Any error of an operation in the words of the port.
    init(_ error: any Error) {
        switch error {
        case let error as LonghaulError: self = error
        case let error as PostgresError: self = error.asLonghaulError
        case let error as CorruptValue: self = PostgresError.corrupt(error.message).asLonghaulError
        default: self = LonghaulError(.internal, "the store failed: \(error)")
        }
    }
}
