import LonghaulCore
import Synchronization

/// The workers heard of, in memory: each sign of life counts at once, but is written only now and then, so
/// that polls which find no work cost no commit.
final class WorkerRegistry: Sendable {
    private struct State {
        var records: [String: WorkerRecord] = [:]
        /// When each was last written.
        var savedAt: [String: Timestamp] = [:]
        /// Those written in the present transaction.
        var unsettled: Set<String> = []

        /// Keeps a record in memory, and returns it if it is time to write it.
        mutating func keep(_ record: WorkerRecord, isNews: Bool) -> WorkerRecord? {
            let id = record.info.id
            records[id] = record
            let age = savedAt[id].map { record.lastSeenAt.seconds(since: $0) }
            guard isNews || age.map({ $0 >= WorkerRegistry.tolerance }) ?? true else { return nil }
            savedAt[id] = record.lastSeenAt
            unsettled.insert(id)
            return record
        }
    }

    /// How much later than the truth the written sign of life may be, in seconds.
    private static let tolerance = 5.0
    /// How long a worker is remembered, in seconds.
    static let memory = 86_400.0

    private static let columns =
        "id, name, labels, queues, kinds, lease_seconds, first_seen_at, last_seen_at, heartbeat_seconds"
    private static let all = Query("SELECT \(columns) FROM workers")
    private static let save = Query(
        "INSERT OR REPLACE INTO workers (\(columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
    private static let forget = Query("DELETE FROM workers WHERE last_seen_at < ?1")

    private let state = Mutex(State())

    /// Reads every worker.
    init(_ connection: Connection) throws {
        let records = try connection.all(Self.all) { row in
            WorkerRecord(
                info: WorkerInfo(
                    id: row.text(0), name: row.text(1), labels: try TextCoding.map(row.text(2)),
                    heartbeatSeconds: row.optionalDouble(8)),
                queues: try TextCoding.list(row.text(3)), kinds: try TextCoding.list(row.text(4)),
                leaseSeconds: row.double(5), firstSeenAt: row.time(6), lastSeenAt: row.time(7))
        }
        state.withLock { state in
            for record in records {
                state.records[record.info.id] = record
                state.savedAt[record.info.id] = record.lastSeenAt
            }
        }
    }

    /// Every worker.
    var records: [WorkerRecord] {
        state.withLock { Array($0.records.values) }
    }

    /// Notes that a worker asks for work.
    func note(_ request: LeaseRequest, in transaction: Transaction) throws {
        let now = transaction.now
        let unsaved = state.withLock { state -> WorkerRecord? in
            let known = state.records[request.worker.id]
            let record = WorkerRecord(
                info: request.worker, queues: request.queues, kinds: request.kinds,
                leaseSeconds: request.leaseSeconds, firstSeenAt: known?.firstSeenAt ?? now, lastSeenAt: now)
            let isNews = known.map { $0.saysElse(than: record) } ?? true
            return state.keep(record, isNews: isNews)
        }
        if let unsaved { try save(unsaved, to: transaction.connection) }
    }

    /// Notes a sign of life of a worker that has asked for work before.
    func note(heartbeatOf id: String, in transaction: Transaction) throws {
        let unsaved = state.withLock { state -> WorkerRecord? in
            guard var record = state.records[id] else { return nil }
            record.lastSeenAt = transaction.now
            return state.keep(record, isNews: false)
        }
        if let unsaved { try save(unsaved, to: transaction.connection) }
    }

    /// Forgets those not heard of for a day.
    func forget(in transaction: Transaction) throws {
        let horizon = transaction.now.adding(seconds: -Self.memory)
        let isDue = state.withLock { state in
            let gone = state.records.values.filter { $0.lastSeenAt < horizon }
            for record in gone {
                state.records[record.info.id] = nil
                state.savedAt[record.info.id] = nil
            }
            return !gone.isEmpty
        }
        if isDue { try transaction.connection.run(Self.forget, .time(horizon)) }
    }

    private func save(_ record: WorkerRecord, to connection: Connection) throws {
        try connection.run(
            Self.save, .text(record.info.id), .text(record.info.name),
            .text(TextCoding.encode(record.info.labels)), .text(TextCoding.encode(record.queues)),
            .text(TextCoding.encode(record.kinds)), .real(record.leaseSeconds), .time(record.firstSeenAt),
            .time(record.lastSeenAt), .real(record.info.heartbeatSeconds))
    }

    /// Takes what the transaction wrote for written.
    func commit() {
        state.withLock { $0.unsettled.removeAll(keepingCapacity: true) }
    }

    /// Makes what the transaction wrote be written again at the next sign of life.
    func rollBack() {
        state.withLock { state in
            for id in state.unsettled { state.savedAt[id] = nil }
            state.unsettled.removeAll(keepingCapacity: true)
        }
    }
}

extension WorkerRecord {
    /// Whether the worker says something else of itself than it did, apart from living.
    fileprivate func saysElse(than other: WorkerRecord) -> Bool {
        info != other.info || queues != other.queues || kinds != other.kinds
            || leaseSeconds != other.leaseSeconds
    }
}
