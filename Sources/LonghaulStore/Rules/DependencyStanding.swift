import LonghaulCore

/// The state of a new job's dependencies.
struct DependencyStanding {
    /// The dependencies that have not ended.
    var open: [JobRow] = []
    /// The dependencies for which it does not wait, because they have ended or enough others have.
    var resolved: [JobRow] = []
    /// The number of open dependencies that must still satisfy it.
    var needed = 0
    /// The initial state because of them; nil if the job need not wait.
    var state: JobState?
    /// The error, if too many of them did not complete.
    var fault: JobError?
}
