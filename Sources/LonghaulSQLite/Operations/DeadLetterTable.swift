import LonghaulCore
import LonghaulStore

/// The tables of dead letters: the fingerprint of each job, and the size of each group.
struct DeadLetterTable {
    let connection: Connection

    private static let insertion = Query(
        "INSERT INTO dead_letters (seq, fingerprint, queue) VALUES (?1, ?2, ?3)")
    private static let increment = Query(
        """
        INSERT INTO dead_letter_groups (fingerprint, queue, kind, error_type, count, first_seen_at, last_seen_at)
        VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5) ON CONFLICT (fingerprint, queue) DO UPDATE SET
        count = count + 1, first_seen_at = min(first_seen_at, ?5), last_seen_at = max(last_seen_at, ?5)
        """)
    private static let row = Query("SELECT fingerprint, queue FROM dead_letters WHERE seq = ?1")
    private static let deletion = Query("DELETE FROM dead_letters WHERE seq = ?1")
    private static let decrement = Query(
        "UPDATE dead_letter_groups SET count = count - 1 WHERE fingerprint = ?1 AND queue = ?2")
    private static let deleteEmpty = Query(
        "DELETE FROM dead_letter_groups WHERE fingerprint = ?1 AND queue = ?2 AND count <= 0")

    /// Inserts a job that has failed without further retries.
    func insert(
        _ seq: Int64, as fingerprint: String, queue: String, kind: String, error: JobError,
        at moment: Timestamp
    ) throws {
        try connection.run(Self.insertion, .integer(seq), .text(fingerprint), .text(queue))
        try connection.run(
            Self.increment, .text(fingerprint), .text(queue), .text(kind), .text(error.type), .time(moment))
    }

    /// Deletes a job that is no longer a dead letter.
    func delete(_ seq: Int64) throws {
        guard
            let (fingerprint, queue) = try connection.first(
                Self.row, .integer(seq), read: { ($0.text(0), $0.text(1)) })
        else { return }
        try connection.run(Self.deletion, .integer(seq))
        try connection.run(Self.decrement, .text(fingerprint), .text(queue))
        try connection.run(Self.deleteEmpty, .text(fingerprint), .text(queue))
    }

    /// The fingerprint of a dead letter; nil for another job.
    func fingerprint(of seq: Int64) throws -> String? {
        try connection.first(Self.row, .integer(seq)) { $0.text(0) }
    }
}
