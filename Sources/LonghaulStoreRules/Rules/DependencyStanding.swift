import LonghaulCore

/// How a new job stands to the jobs it depends on.
struct DependencyStanding {
    /// Those that have not ended.
    var open: [JobRow] = []
    /// How many of them are to end as wanted.
    var needed = 0
    /// Where the job stands because of them; nil if it need not wait.
    var state: JobState?
    /// Why, if too many of them did not complete.
    var fault: JobError?
}
