package import LonghaulCore

/// The queries of a driver. They are those of `JobStore`, which describes them.
package protocol StoreReader {
    /// Throws unless the database answers.
    func checkReady() throws

    // MARK: Jobs

    func job(_ id: JobID) throws -> Job?
    func outlines(of ids: [JobID]) throws -> [JobOutline]
    func position(of id: JobID) throws -> Int?
    func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading) throws
        -> JobPage
    func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) throws -> JobIDPage
    func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) throws -> DeadLetterGroupPage
    func history(_ id: JobID, afterVersion version: Int) throws -> [JobChange]?
    func logs(_ id: JobID, after number: Int64, limit: Int) throws -> [StoredLogLine]?
    /// At most `limit` deliveries after an ID, newest first, without bodies.
    func deliveries(_ filter: WebhookDeliveryFilter, after id: JobID?, limit: Int) throws -> [WebhookDelivery]
    func secondsToNextDelivery() throws -> Double?
    func webhookCounts() throws -> WebhookCounts
    func waitCounts() throws -> [OperationType: Int]
    func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) throws -> [QueueEntry]
    /// The outcomes with the jobs around each job.
    func families(of outcomes: [SubmitOutcome]) throws -> [SubmitOutcome]

    // MARK: Leases

    /// The row of the job that a token holds.
    ///
    /// - Throws: `lease_lost` unless its lease is the job's current one.
    func held(by token: LeaseToken) throws -> JobRow
    /// The leases that a worker holds.
    func held(by worker: String) throws -> [LeaseToken]
    /// The operation of this identifier in the journal of a job; nil if there is none.
    func operation(of row: JobRow, id: String) throws -> JournalOperation?
    /// A page of the journal of the job that a token holds.
    ///
    /// - Throws: `lease_lost` unless its lease is the job's current one.
    func journal(_ token: LeaseToken, after number: Int64, limit: Int) throws -> JournalPage
    /// The operations of a job whose numbers exceed `number`, in their order, at most `limit`. None follows after their
    /// size has reached `maxBytes`.
    func operations(of row: JobRow, after number: Int64, limit: Int, maxBytes: Int64) throws
        -> [JournalOperation]
    /// The row of a job; nil if there is none.
    func row(_ id: JobID) throws -> JobRow?
    /// The artifacts of a job's current attempt besides the one of this name.
    func artifactUsage(of row: JobRow, besides name: String) throws -> AttachmentUsage
    func artifactOwners(_ attempts: [ArtifactFolder]) throws -> [ArtifactFolder: ArtifactOwner]

    // MARK: Records

    func record(_ key: RecordKey) throws -> KeyedRecord?
    func records(_ range: RecordRange) throws -> [KeyedRecord]

    // MARK: Queues, workers, schedules

    func queues() throws -> [QueueRecord]
    func queues(after name: String?, limit: Int) throws -> [QueueRecord]
    func queue(_ name: String) throws -> QueueRecord?
    func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) throws -> [QueueSample]
    func routing() throws -> RoutingTable
    func workers() throws -> [WorkerRecord]
    func busyWorkers() throws -> [WorkerRecord]
    func schedules(after name: String?, limit: Int) throws -> SchedulePage
    func schedule(_ name: String) throws -> ScheduleRecord?
    func dueSchedules(limit: Int) throws -> DueSchedules
    /// All API keys; nil if their version is the given one.
    func apiKeys(unlessVersion version: Int64?) throws -> APIKeyList?
    /// The ends of the chain of audit records.
    func auditChain() throws -> AuditChain
    /// The newest audit record before a number that can match a filter: no later one matches. 0 if there is none.
    func newestAuditNumber(_ filter: AuditFilter, before number: Int64) throws -> Int64
    /// At most `limit` audit records whose numbers are in the range, newest first.
    func auditRecords(
        _ filter: AuditFilter, in numbers: ClosedRange<Int64>, limit: Int
    ) throws -> [AuditRecord]
}

extension StoreReader {
    package func outlines(of ids: [JobID]) throws -> [JobOutline] {
        try ids.compactMap { try row($0).map { JobOutline($0.job) } }
    }

    package func journal(_ token: LeaseToken, after number: Int64, limit: Int) throws -> JournalPage {
        try journal(of: try held(by: token), after: number, limit: limit)
    }

    package func busyWorkers() throws -> [WorkerRecord] {
        try workers().filter { !$0.running.isEmpty }
    }
}
