/// The exit codes of the command.
enum ExitCode: Int32, Sendable, CaseIterable {
    /// Done.
    case done = 0
    /// The job failed or was cancelled, or the command failed.
    case failed = 1
    /// An invalid option, argument or setting.
    case usage = 2
    /// The server cannot be reached.
    case unreachable = 3
    /// The server refused the request.
    case refused = 4
    /// The job or another resource does not exist.
    case notFound = 5
    /// The system is busy. Retry later.
    case busy = 6

    /// The description for the help.
    var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "the job failed or was cancelled, or the command failed"
        case .usage: "an option, an argument or a setting is invalid"
        case .unreachable: "the server cannot be reached"
        case .refused: "the server refused the request; standard error has the problem code"
        case .notFound: "not found"
        case .busy: "the system is busy; retry later"
        }
    }
}
