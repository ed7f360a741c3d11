public import LonghaulJSON

/// What a worker needs of Longhaul: the engine in the same process, or a server over HTTP.
///
/// Everything here throws ``LonghaulError``: `lease_lost` where the token's lease has ended, `unavailable`
/// where nothing is known of the outcome and the call can be made again.
public protocol WorkerGateway: Sendable {
    /// Waits for jobs and takes them.
    func lease(_ request: LeaseRequest) async throws -> [Lease]
    /// Proves that the worker lives, and keeps its leases.
    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome
    /// Ends attempts with success; answers each.
    func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>]
    /// Ends an attempt with a fault.
    func fail(_ failure: Failure) async throws -> Job
    /// Gives a job back unfinished.
    func release(_ token: LeaseToken) async throws -> Job
    /// Says that a worker has stopped. What it still holds, such as a lease that was on its way to it, goes back at
    /// once, the attempt not counted. Answers which jobs these are; `not_found` if nobody knows the worker.
    func deregister(_ workerID: String) async throws -> [JobID]
    /// Adds lines to the job's log.
    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws
    /// Keeps a file of the attempt.
    func putArtifact(_ token: LeaseToken, name: String, contentType: String?, path: String) async throws
        -> Artifact
    /// The output of a checkpoint; nil if it was not reached yet.
    func step(_ token: LeaseToken, name: String) async throws -> JSONText?
    /// Writes a checkpoint, once; answers the output that stands.
    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText
}
