import LonghaulCore

/// What one call's submissions share.
struct SubmissionScope {
    /// Whether the queues' bounds hold for it.
    var isBounded = true
    /// The job that already stood for a submission, by the identifier that the submission brought.
    var aliases: [JobID: JobID] = [:]
    /// The parents that are no others' business: entries of the same call, or the job that completes.
    var parents: Set<JobID> = []
}
