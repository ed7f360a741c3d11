import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// The result of the job of an activity that `GetActivityTask` has delivered: the work goes on, and its worker reports on it with the token.
///
/// The result names the secret of the task, which workers of jobs do not know. So their results are never taken for a delivery.
enum ActivityDelivery {
    private static let member = "longhaul.delivered"

    /// The result of the job.
    static func result(_ token: TaskToken) -> JSONText {
        StateValue.members([(member, .string(token.secret))]).json
    }

    /// Whether a result is a delivery of a task.
    static func isDelivery(_ result: JSONText, of token: TaskToken) -> Bool {
        result == self.result(token)
    }
}
