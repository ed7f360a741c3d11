public import LonghaulCore
import LonghaulJSON

/// What a runner of executions needs beside the calls of workers and callers.
extension Engine {
    /// The submission of a child job, which the caller stores: checked, with an ID, a queue and keys.
    ///
    /// - Parameter parent: the job that it is a child of.
    /// - Throws: ``LonghaulError`` `invalid_request` or `payload_too_large`.
    public func submission(of job: NewJob, parent: Job) throws -> Submission {
        let resolution = try resolver(caller: parent.caller, parentID: parent.id).resolve(
            [job.continuing(parent)]
        ) { _ in .root }
        guard let submission = resolution.submissions.first else { throw LonghaulError.noAnswer }
        return submission
    }

    /// The queue of a job that names none.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` if the kind is invalid.
    public func queue(ofKind kind: String) throws -> String {
        let job = NewJob(JobSpec(kind: kind))
        let resolution = try resolver(caller: NewAPIKey.anonymous).resolve([job]) { _ in .root }
        return resolution.submissions.first?.spec.queue ?? JobSpec.defaultQueue
    }

    /// The workers that hold leases.
    public func busyWorkers() async throws -> [WorkerRecord] { try await store.busyWorkers() }
}
