import LonghaulCore

/// The state that the submissions of one call share.
struct SubmissionScope {
    /// Whether the limits of queues apply.
    var isBounded = true
    /// The existing job of each repeated submission, by the identifier in the submission.
    var aliases: [JobID: JobID] = [:]
    /// Whether entries of the call may depend on each other.
    var keepsCreated = false
    /// The jobs that the call has stored so far, if they may be depended on. Nothing in the call changes their states.
    var created: [JobID: JobRow] = [:]
    /// The parents that need no check: entries of the same call, or the completing job.
    var parents: Set<JobID> = []
    /// The row of a parent that has not ended, if the call has it.
    var parent: JobRow?
}
