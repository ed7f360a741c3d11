import LonghaulCore
import LonghaulStore
import Synchronization

/// The workers that polled this server, and when they are written.
final class WorkerRegistry: Sendable {
    private static let save = Query(
        """
        INSERT INTO longhaul.workers AS w (\(WorkerRecord.columnNames))
        VALUES (\(WorkerRecord.placeholders))
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, labels = excluded.labels,
        queues = excluded.queues, kinds = excluded.kinds, lease_seconds = excluded.lease_seconds,
        last_seen_at = greatest(w.last_seen_at, excluded.last_seen_at),
        heartbeat_seconds = excluded.heartbeat_seconds
        """)
    private static let touch = Query(
        """
        UPDATE longhaul.workers SET last_seen_at = greatest(last_seen_at, $2::bigint) WHERE id = $1::text
        """)
    private static let forget = Query("DELETE FROM longhaul.workers WHERE last_seen_at < $1::bigint")
    private static let forgetBeyond = Query(
        """
        DELETE FROM longhaul.workers WHERE id IN (
            SELECT id FROM longhaul.workers ORDER BY last_seen_at DESC OFFSET $1::bigint)
        """)
    private static let forgetOne = Query("DELETE FROM longhaul.workers WHERE id = $1::text RETURNING id")

    private let state = Mutex(WorkerActivity(tolerance: \.savingSeconds))

    /// When this server last saw each worker.
    var lastSeen: [String: Timestamp] {
        state.withLock { $0.records.mapValues(\.lastSeenAt) }
    }

    /// Records that a worker polls for jobs.
    func recordPoll(_ request: LeaseRequest, in transaction: Transaction) {
        let unsaved = state.withLock { $0.recordPoll(request, at: transaction.now) }
        if let unsaved {
            transaction.workerWrites[request.worker.id] = Request(Self.save, unsaved.parameters)
        }
    }

    /// Records a heartbeat of a worker that has polled this server or another one.
    func recordHeartbeat(of id: String, in transaction: Transaction) {
        let now = transaction.now
        let write = state.withLock { state -> Request? in
            if state.records[id] != nil {
                return state.recordHeartbeat(of: id, at: now).map { Request(Self.save, $0.parameters) }
            }
            // Only the server that the worker polls knows its settings.
            guard state.isDue(id, within: WorkerRecord.strangerSavingSeconds, at: now) else { return nil }
            state.recordWrite(id, at: now)
            return Request(Self.touch, .text(id), .time(now))
        }
        if let write { transaction.workerWrites[id] = write }
    }

    /// Deletes workers that were last seen more than a day ago.
    func forget(in transaction: Transaction) {
        let horizon = transaction.now.adding(seconds: -WorkerActivity.memory)
        state.withLock { _ = $0.forget(before: horizon) }
        transaction.writes.append(Request(Self.forget, .time(horizon)))
        transaction.writes.append(Request(Self.forgetBeyond, .int8(WorkerRecord.maxWorkers)))
    }

    /// Deletes a worker. Returns whether it was known.
    func forget(_ id: String, in transaction: Transaction) throws -> Bool {
        let wasSeen = state.withLock { $0.forget(id) }
        transaction.workerWrites[id] = nil
        return try transaction.connection.run(Request(Self.forgetOne, .text(id))).count > 0 || wasSeen
    }

    /// Marks the heartbeats of the transaction as stored.
    func commit() {
        state.withLock { $0.commit() }
    }

    /// Makes the next heartbeat of each worker of the transaction be stored again.
    func rollBack() {
        state.withLock { $0.rollBack() }
    }
}

extension WorkerRecord {
    /// The maximum delay of the stored heartbeat, in seconds. Other servers know only the stored heartbeat, so the
    /// delay must not make a worker count as late.
    fileprivate var savingSeconds: Double {
        min(5, info.heartbeatSeconds.map { $0 / 2 } ?? leaseSeconds / 6)
    }

    /// The same for a worker that polled only other servers.
    fileprivate static let strangerSavingSeconds = 0.5
}
