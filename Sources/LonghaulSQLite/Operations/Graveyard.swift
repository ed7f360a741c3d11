import LonghaulCore

/// The dead letters' own tables: which job has which fingerprint, and how large each group is.
struct Graveyard {
    let connection: Connection

    private static let insert = Query(
        "INSERT INTO dead_letters (seq, fingerprint, queue) VALUES (?1, ?2, ?3)")
    private static let join = Query(
        """
        INSERT INTO dead_letter_groups (fingerprint, queue, kind, error_type, count, first_seen_at, last_seen_at)
        VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5) ON CONFLICT (fingerprint, queue) DO UPDATE SET
        count = count + 1, first_seen_at = min(first_seen_at, ?5), last_seen_at = max(last_seen_at, ?5)
        """)
    private static let grave = Query("SELECT fingerprint, queue FROM dead_letters WHERE seq = ?1")
    private static let delete = Query("DELETE FROM dead_letters WHERE seq = ?1")
    private static let leave = Query(
        "UPDATE dead_letter_groups SET count = count - 1 WHERE fingerprint = ?1 AND queue = ?2")
    private static let disband = Query(
        "DELETE FROM dead_letter_groups WHERE fingerprint = ?1 AND queue = ?2 AND count <= 0")

    /// Adds a job that failed for good.
    func bury(
        _ seq: Int64, as fingerprint: String, queue: String, kind: String, error: JobError,
        at moment: Timestamp
    ) throws {
        try connection.run(Self.insert, .integer(seq), .text(fingerprint), .text(queue))
        try connection.run(
            Self.join, .text(fingerprint), .text(queue), .text(kind), .text(error.type), .time(moment))
    }

    /// Takes out a job that is no dead letter any more.
    func exhume(_ seq: Int64) throws {
        guard
            let (fingerprint, queue) = try connection.first(
                Self.grave, .integer(seq), read: { ($0.text(0), $0.text(1)) })
        else { return }
        try connection.run(Self.delete, .integer(seq))
        try connection.run(Self.leave, .text(fingerprint), .text(queue))
        try connection.run(Self.disband, .text(fingerprint), .text(queue))
    }

    /// The fingerprint of a dead letter; nil if the job is none.
    func fingerprint(of seq: Int64) throws -> String? {
        try connection.first(Self.grave, .integer(seq)) { $0.text(0) }
    }
}
