import LonghaulCore
import LonghaulStore

extension Migration {
    /// Groups of dead letters: the fingerprint of each dead letter, and the size of each group, so that no query has to
    /// count.
    ///
    /// `error_type` stands in the group, as everything with one fingerprint has the same.
    static let deadLetters = Migration(
        version: 3,
        sql: """
            CREATE TABLE dead_letters (
                seq INTEGER PRIMARY KEY,
                fingerprint TEXT NOT NULL,
                queue TEXT NOT NULL
            ) STRICT;
            CREATE INDEX dead_letters_group ON dead_letters (fingerprint, queue);

            CREATE TABLE dead_letter_groups (
                fingerprint TEXT NOT NULL,
                queue TEXT NOT NULL,
                kind TEXT NOT NULL,
                error_type TEXT NOT NULL,
                count INTEGER NOT NULL,
                first_seen_at INTEGER NOT NULL,
                last_seen_at INTEGER NOT NULL,
                PRIMARY KEY (fingerprint, queue)
            ) STRICT, WITHOUT ROWID;
            """,
        fill: { connection in
            let failed = Query(
                """
                SELECT jobs.seq, jobs.queue, jobs.kind, faults.type, faults.message, faults.at FROM jobs
                JOIN faults ON faults.seq = jobs.seq AND faults.version = jobs.fault_version
                WHERE jobs.state = 6
                """)
            let deadLetters = DeadLetterTable(connection: connection)
            try connection.each(failed, []) { row in
                let kind = row.text(2)
                let error = JobError(type: row.text(3), message: row.text(4))
                try deadLetters.insert(
                    row.int64(0), as: ErrorFingerprint.of(kind: kind, error: error), queue: row.text(1),
                    kind: kind, error: error, at: row.time(5))
                return true
            }
        })
}
