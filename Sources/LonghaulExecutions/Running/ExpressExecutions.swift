import LonghaulCore
import Synchronization

/// Bounds the number of Express executions of a server.
final class ExpressExecutions: Sendable {
    private let limits: ExecutionLimits
    private let running = Mutex(0)

    init(_ limits: ExecutionLimits) {
        self.limits = limits
    }

    /// Counts an execution that starts.
    ///
    /// - Throws: `ExecutionLimitExceeded` if there are too many.
    func begin() throws(ServiceError) {
        let isFull = running.withLock { count in
            guard count < limits.expressExecutions else { return true }
            count += 1
            return false
        }
        guard isFull else { return }
        throw ServiceError(
            "ExecutionLimitExceeded",
            "\(limits.expressExecutions) Express executions run already. Try again later.")
    }

    /// The number of executions that run.
    var count: Int { running.withLock { $0 } }

    /// Counts an execution that has ended.
    func end() {
        running.withLock { $0 -= 1 }
    }
}
