package import LonghaulCore
import Synchronization

/// The ``WorkerActivity`` of a server, which its writer and its readers share.
package final class WorkerRegistry: Sendable {
    /// The maximum delay of the stored heartbeat of a worker that polled only other servers, in seconds.
    private static let strangerTolerance = 0.5

    /// The effect of a heartbeat on the database.
    enum HeartbeatWrite {
        case none
        case upsert(WorkerRecord)
        /// Only the server that the worker polls knows its settings.
        case updateLastSeen
    }

    private let activity: Mutex<WorkerActivity>

    /// - Parameters:
    ///   - records: the workers that the database has, if no other server writes to it.
    ///   - tolerance: the maximum delay of a worker's stored heartbeat, in seconds.
    package init(
        _ records: [WorkerRecord] = [], tolerance: @escaping @Sendable (WorkerRecord) -> Double
    ) {
        activity = Mutex(WorkerActivity(records, tolerance: tolerance))
    }

    /// Every worker that polled this server.
    package var records: [String: WorkerRecord] { activity.withLock(\.records) }

    func recordPoll(_ request: LeaseRequest, at now: Timestamp) -> WorkerRecord? {
        activity.withLock { $0.recordPoll(request, at: now) }
    }

    func recordHeartbeat(of id: String, at now: Timestamp) -> HeartbeatWrite {
        activity.withLock { activity in
            if activity.records[id] != nil {
                return activity.recordHeartbeat(of: id, at: now).map { .upsert($0) } ?? .none
            }
            guard activity.isDue(id, within: Self.strangerTolerance, at: now) else { return .none }
            activity.recordWrite(id, at: now)
            return .updateLastSeen
        }
    }

    func forget(before horizon: Timestamp) -> Bool { activity.withLock { $0.forget(before: horizon) } }

    func forget(_ id: String) -> Bool { activity.withLock { $0.forget(id) } }

    /// Marks the heartbeats of the transaction as stored.
    package func commit() { activity.withLock { $0.commit() } }

    /// Makes the next heartbeat of each worker of the transaction be stored again.
    package func rollBack() { activity.withLock { $0.rollBack() } }
}
