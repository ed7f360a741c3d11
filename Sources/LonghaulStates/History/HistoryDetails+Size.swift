internal import LonghaulJSON

extension HistoryDetails {
    /// The size of the data in the details, in bytes.
    var dataBytes: Int {
        switch self {
        case .started(let start): start.input.bytes.count
        case .output(let output), .taskOutput(_, let output): output.bytes.count
        case .failure(let error), .taskFailure(_, let error), .evaluation(let error, _, _):
            error.cause?.utf8.count ?? 0
        case .entered(_, let input): input.bytes.count
        case .exited(let exit): exit.assigned.reduce(exit.output.bytes.count) { $0 + $1.value.bytes.count }
        case .taskScheduled(let schedule): schedule.parameters.bytes.count
        case .functionScheduled(let schedule): schedule.input.bytes.count
        case .activityStarted, .task, .length, .iteration, .mapRun, .mapRunRedriven, .redriven: 0
        }
    }
}
