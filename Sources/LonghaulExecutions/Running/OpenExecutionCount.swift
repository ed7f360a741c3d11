import LonghaulCore
import LonghaulEngine
import Synchronization

/// The number of open executions: read from the store at most once a second, and those that this server has started since.
final class OpenExecutionCount: Sendable {
    private struct Value {
        var count: Int
        let readAt: Double
    }

    private static let maxAgeSeconds = 1.0
    private let value = Mutex<Value?>(nil)

    /// Counts an execution that this server has started.
    func add() {
        value.withLock { $0?.count += 1 }
    }

    func count(_ host: ExecutionHost, _ time: any TimeSource) async throws(ServiceError) -> Int {
        let now = time.steadySeconds()
        if let value = value.withLock({ $0 }), now - value.readAt < OpenExecutionCount.maxAgeSeconds {
            return value.count
        }
        do {
            let counts = try await host.engine.queue(JobSpec.executionQueue).record.counts
            let count = counts.reduce(0) { $0 + ($1.key.isFinal ? 0 : $1.value) }
            value.withLock { $0 = Value(count: count, readAt: now) }
            return count
        } catch let error as LonghaulError where error.code == .notFound {
            return 0
        } catch {
            throw ServiceError(error)
        }
    }
}
