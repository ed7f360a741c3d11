import LonghaulCore

/// What one call's submissions share.
struct SubmissionScope {
    /// Whether the queues' bounds hold for it.
    var isBounded = true
    /// The job that already stood for a submission, by the identifier that the submission brought.
    var aliases: [JobID: JobID] = [:]
    /// Whether entries of the call may depend on each other.
    var keepsCreated = false
    /// The jobs that the call has stored so far, if they may be depended on. Nothing in the call changes their states.
    var created: [JobID: JobRow] = [:]
    /// The parents that are no others' business: entries of the same call, or the job that completes.
    var parents: Set<JobID> = []
}
