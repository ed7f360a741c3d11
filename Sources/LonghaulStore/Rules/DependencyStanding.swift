import LonghaulCore

/// How a new job stands to the jobs it depends on.
struct DependencyStanding {
    /// Those that have not ended.
    var open: [JobRow] = []
    /// The others, for which it does not wait: they have ended, or it need not wait for any.
    var resolved: [JobRow] = []
    /// How many of the open ones are to end as wanted.
    var needed = 0
    /// Where the job stands because of them; nil if it need not wait.
    var state: JobState?
    /// Why, if too many of them did not complete.
    var fault: JobError?
}
