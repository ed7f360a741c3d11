import LonghaulCore
import LonghaulStore

extension Migration {
    /// Journals of durable jobs, their signals, and the state 8, suspended. The checkpoints become operations.
    ///
    /// - `jobs.journal` is JSON text with what only durable jobs, paused jobs and children of durable jobs have; see
    ///   `JobColumn.journal`. NULL for all other jobs.
    /// - `jobs.wake_at` is the time in `journal` at which maintenance wakes a suspended job; NULL in all other states.
    /// - The numbers of a job's operations are 1, 2, and so on, without gaps.
    /// - `operations.weight` is the size of an operation as `JournalOperation.weight` counts it. The large columns come last,
    ///   so that the others are read without them.
    /// - `signals.key` is the digest of an idempotency key. `consumed_by` is the number of an operation.
    static let journals = Migration(
        version: 14,
        sql: """
            ALTER TABLE jobs ADD COLUMN journal BLOB;
            ALTER TABLE jobs ADD COLUMN wake_at INTEGER;
            CREATE INDEX jobs_waking ON jobs (wake_at) WHERE state = 8 AND wake_at IS NOT NULL;
            ALTER TABLE queues ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;

            CREATE TABLE operations (
                seq INTEGER NOT NULL,
                number INTEGER NOT NULL,
                operation_id TEXT NOT NULL,
                parent_id TEXT,
                type TEXT NOT NULL,
                name TEXT NOT NULL,
                status TEXT NOT NULL,
                attempt INTEGER NOT NULL,
                child_id BLOB,
                until INTEGER,
                started_at INTEGER NOT NULL,
                ended_at INTEGER,
                secret INTEGER NOT NULL,
                weight INTEGER NOT NULL,
                input BLOB,
                output BLOB,
                error BLOB,
                PRIMARY KEY (seq, number)
            ) STRICT, WITHOUT ROWID;
            CREATE UNIQUE INDEX operations_id ON operations (seq, operation_id);
            CREATE INDEX operations_waiting ON operations (seq, number) WHERE status = 'waiting';

            CREATE TABLE signals (
                seq INTEGER NOT NULL,
                number INTEGER NOT NULL,
                name TEXT NOT NULL,
                key BLOB,
                received_at INTEGER NOT NULL,
                consumed_by INTEGER,
                value BLOB NOT NULL,
                PRIMARY KEY (seq, number)
            ) STRICT, WITHOUT ROWID;
            CREATE UNIQUE INDEX signals_key ON signals (seq, key) WHERE key IS NOT NULL;
            CREATE INDEX signals_kept ON signals (seq, name, number) WHERE consumed_by IS NULL;
            """,
        fill: { connection in
            try moveSteps(connection)
            try connection.execute("DROP TABLE steps")
        })

    private static let steps = Query(
        """
        SELECT steps.seq, steps.name, steps.output, coalesce(jobs.started_at, jobs.created_at) FROM steps
        JOIN jobs ON jobs.seq = steps.seq ORDER BY steps.seq, steps.name
        """)
    private static let insertOperation = Query(
        """
        INSERT INTO operations (seq, number, operation_id, type, name, status, attempt, started_at, ended_at, secret,
            weight, output)
        VALUES (?1, ?2, ?3, 'step', ?4, 'succeeded', 1, ?5, ?5, 0, ?6, ?7)
        """)
    private static let setJournal = Query("UPDATE jobs SET journal = ?2 WHERE seq = ?1")

    /// Makes each checkpoint an operation of its job, in the order of their names.
    private static func moveSteps(_ connection: Connection) throws {
        var row = JobRow.blank
        func storeSums() throws {
            guard row.job.operationCount > 0 else { return }
            try connection.run(setJournal, .integer(row.seq), JobColumn.journal.write(row))
        }
        try connection.each(steps, []) { step in
            if step.int64(0) != row.seq {
                try storeSums()
                row = .blank
                row.seq = step.int64(0)
            }
            row.job.operationCount += 1
            row.journalBytes += try insertOperation(
                of: row, name: step.text(1), output: step.blob(2), at: step.time(3), in: connection)
            return true
        }
        try storeSums()
    }

    /// Inserts the last operation of a job. The time of a checkpoint is not known: it gets that of its job's start.
    ///
    /// - Returns: its weight.
    private static func insertOperation(
        of row: JobRow, name: String, output: [UInt8], at moment: Timestamp, in connection: Connection
    ) throws -> Int64 {
        let id = JournalOperation.stepID(name)
        let weight = Int64(id.utf8.count + name.utf8.count + output.count)
        try connection.run(
            insertOperation, .integer(row.seq), .int(row.job.operationCount), .text(id), .text(name),
            .time(moment), .integer(weight), .blob(output))
        return weight
    }
}
