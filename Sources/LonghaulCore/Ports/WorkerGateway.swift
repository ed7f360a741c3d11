public import LonghaulJSON

/// The operations that a worker needs: the engine in the same process, or a server over HTTP.
///
/// All operations throw ``LonghaulError``: `lease_lost` if the token's lease has ended, `unavailable` if the outcome is
/// unknown and the call can be repeated.
public protocol WorkerGateway: Sendable {
    /// Waits for jobs and leases them.
    func lease(_ request: LeaseRequest) async throws -> [Lease]
    /// Sends a heartbeat: records that the worker is alive, and renews its leases.
    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome
    /// Ends attempts with success. Returns one outcome for each attempt.
    func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>]
    /// Ends an attempt with an error.
    func fail(_ failure: Failure) async throws -> Job
    /// Releases a job that is not finished.
    func release(_ token: LeaseToken) async throws -> Job
    /// Deregisters a worker that has stopped. Its jobs, including those of leases that are still on the way to it,
    /// become pending at once, and the attempts are not counted. Returns these jobs; `not_found` if the worker is
    /// unknown.
    func deregister(_ workerID: String) async throws -> [JobID]
    /// Adds lines to the job's log.
    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws
    /// Stores an artifact of the attempt.
    func putArtifact(_ token: LeaseToken, name: String, contentType: String?, path: String) async throws
        -> Artifact
    /// The output of a checkpoint; nil if it is not written yet.
    func step(_ token: LeaseToken, name: String) async throws -> JSONText?
    /// Writes a checkpoint once. Returns the stored output.
    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText
    /// The operations of the job's journal after a number.
    func journal(_ token: LeaseToken, after number: Int64) async throws -> JournalPage
    /// Changes the journal in one commit. Returns each operation as it then stands, in the order of the updates.
    ///
    /// - Throws: `invalid_request` with pointers if an update is invalid, `payload_too_large` beyond ``JournalLimits``, and
    ///   `nondeterministic` if an operation has another type or name than the recorded one. None has an effect then; in the
    ///   last case the job is paused, and the lease has ended.
    func updateJournal(_ token: LeaseToken, _ updates: [OperationUpdate]) async throws -> [JournalOperation]
    /// Suspends the job until an operation ends. The lease ends, and the attempt is not counted.
    ///
    /// - Parameter ids: the operations that the code waits for.
    /// - Throws: `invalid_request` if an operation is unknown or has never waited.
    func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome
    /// Ends the run and begins the job again with another payload and an empty journal, in one commit.
    func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job
}
