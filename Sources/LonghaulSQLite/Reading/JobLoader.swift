import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Reads jobs, on the connection of the calling thread.
struct JobLoader: StoreReader {
    /// The state of the server that is not in the database.
    struct Server: Sendable {
        let leases: LeaseTimer
        let workers: WorkerRegistry
        let time: any TimeSource

        private static let allWorkers = Query("SELECT \(WorkerRecord.columnNames) FROM workers")
        /// The maximum delay of a worker's stored heartbeat, in seconds.
        private static let heartbeatTolerance = 5.0

        /// The state of a server that has just opened the database.
        init(_ connection: Connection, time: any TimeSource) throws {
            leases = LeaseTimer(time)
            workers = WorkerRegistry(
                try connection.all(Self.allWorkers, read: WorkerRecord.init)
            ) { _ in Self.heartbeatTolerance }
            self.time = time
        }
    }

    let connection: Connection
    let server: Server

    private static let byID = Query(
        "SELECT \(JobRow.columns) FROM jobs WHERE seq BETWEEN ?1 AND ?2 AND id = ?3")
    private static let bySeq = Query("SELECT \(JobRow.columns) FROM jobs WHERE seq = ?1")
    private static let slim = Query("SELECT \(JobRow.slimColumns) FROM jobs WHERE seq = ?1")
    private static let payload = Query("SELECT payload FROM payloads WHERE seq = ?1")
    private static let artifacts = Query(
        "SELECT \(Artifact.columnNames) FROM artifacts WHERE seq = ?1 AND fence = ?2 ORDER BY name"
    )

    func checkReady() throws { _ = try connection.pragma("user_version") }

    func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) throws -> JobPage {
        try JobList(loader: self, filter: filter).page(after: cursor, limit: limit, reading: reading)
    }

    func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) throws -> JobIDPage {
        try JobList(loader: self, filter: filter).identifiers(after: cursor, limit: limit)
    }

    /// The row of a job; nil if it does not exist.
    func row(_ id: JobID) throws -> JobRow? {
        try connection.first(
            Self.byID, .integer(JobSequence.base(of: id)), .integer(JobSequence.last(of: id)),
            .id(id), read: JobRow.init)
    }

    /// The row with a `seq`; nil if it does not exist.
    func row(at seq: Int64) throws -> JobRow? {
        try connection.first(Self.bySeq, .integer(seq), read: JobRow.init)
    }

    /// The row with a `seq`, without payload and result; nil if it does not exist.
    func slimRow(at seq: Int64) throws -> JobRow? {
        guard var row = try connection.first(Self.slim, .integer(seq), read: JobRow.init) else { return nil }
        row.payloadIsApart = false
        return row
    }

    /// The job with its data in other tables and the jobs around it; nil if it does not exist.
    func job(_ id: JobID) throws -> Job? {
        try row(id).map(family)
    }

    /// The job of a row with its data in other tables.
    func job(_ row: JobRow) throws -> Job {
        let seq = row.seq
        var job = row.job
        try row.addAttempts(to: &job) { try faults(at: seq) }
        if row.payloadIsApart { job.spec.payload = try payload(at: row.seq) }
        if job.state == .failed {
            job.fingerprint = try DeadLetterTable(connection: connection).fingerprint(of: row.seq)
        }
        if row.ownsArtifacts {
            job.artifacts = try connection.all(
                Self.artifacts, .integer(row.seq), .int(row.fence), read: Artifact.init)
        }
        return job
    }

    /// All errors of a job, oldest first.
    func faults(at seq: Int64) throws -> [FaultRow] {
        try connection.all(FaultRow.ofJob, .integer(seq), read: FaultRow.init)
    }

    private func payload(at seq: Int64) throws -> JSONText {
        guard let bytes = try connection.first(Self.payload, .integer(seq), read: { $0.blob(0) }) else {
            throw DatabaseError(corrupt: "the payload of the job at \(seq) is missing")
        }
        return JSONText(validated: bytes)
    }
}
