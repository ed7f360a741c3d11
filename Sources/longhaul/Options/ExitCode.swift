/// How the command ends, for scripts.
enum ExitCode: Int32, Sendable, CaseIterable {
    /// Done.
    case done = 0
    /// The job failed or was cancelled; or the command itself could not do its work.
    case failed = 1
    /// Wrong usage: an option, an argument, a setting.
    case usage = 2
    /// The server cannot be reached.
    case unreachable = 3
    /// The server refused.
    case refused = 4
    /// There is no such job.
    case notFound = 5
    /// The system is busy: try again later.
    case busy = 6

    /// What it means, for the help.
    var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "the job failed or was cancelled, or the command could not do its work"
        case .usage: "wrong usage"
        case .unreachable: "the server cannot be reached"
        case .refused: "the server refused; its code is on standard error"
        case .notFound: "not found"
        case .busy: "the system is busy; try again later"
        }
    }
}
