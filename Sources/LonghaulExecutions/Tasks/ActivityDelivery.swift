import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// The result of the job of an activity that `GetActivityTask` has delivered: the work continues, and its worker reports on it with the token.
///
/// The result names the secret of the task, which workers of jobs do not know. So their results are never taken for a delivery.
struct ActivityDelivery: Sendable, Hashable {
    /// The name of the worker; nil if it has none.
    let worker: String?

    private static let member = "longhaul.delivered"

    /// A delivery to a worker.
    init(to worker: String?) {
        self.worker = worker
    }

    /// The result of the job.
    func result(_ token: TaskToken) -> JSONText {
        var object = StateObject([(ActivityDelivery.member, .string(token.secret))])
        object["worker"] = worker.map { .string($0) }
        return StateValue.object(object).json
    }

    /// Reads the result of a job; nil if it is no delivery of the task.
    init?(_ result: JSONText, of token: TaskToken) {
        guard let value = try? StateValue(result), value[ActivityDelivery.member]?.string == token.secret
        else {
            return nil
        }
        worker = value["worker"]?.string
    }
}
