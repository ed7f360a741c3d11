import LonghaulCore
import Synchronization

/// The workers that asked this server, in memory: each sign of life counts at once, but is written only now
/// and then, so that polls which find no work write nothing.
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

    private static let save = Query(
        """
        INSERT INTO longhaul.workers AS w (\(WorkerRecord.columns)) VALUES ($1::text, $2::text, $3::text,
        $4::text, $5::text, $6::double precision, $7::bigint, $8::bigint)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, labels = excluded.labels,
        queues = excluded.queues, kinds = excluded.kinds, lease_seconds = excluded.lease_seconds,
        last_seen_at = greatest(w.last_seen_at, excluded.last_seen_at)
        """)
    private static let forget = Query("DELETE FROM longhaul.workers WHERE last_seen_at < $1::bigint")

    private let state = Mutex(State())

    /// When each worker was last heard of here.
    var signs: [String: Timestamp] {
        state.withLock { $0.records.mapValues(\.lastSeenAt) }
    }

    /// Notes that a worker asks for work.
    func note(_ request: LeaseRequest, in transaction: Transaction) {
        let now = transaction.now
        let unsaved = state.withLock { state -> WorkerRecord? in
            let known = state.records[request.worker.id]
            let record = WorkerRecord(
                info: request.worker, queues: request.queues, kinds: request.kinds,
                leaseSeconds: request.leaseSeconds, firstSeenAt: known?.firstSeenAt ?? now, lastSeenAt: now)
            let isNews = known.map { $0.saysElse(than: record) } ?? true
            return state.keep(record, isNews: isNews)
        }
        if let unsaved { transaction.writes.append(unsaved.saving(Self.save)) }
    }

    /// Notes a sign of life of a worker that has asked for work before.
    func note(heartbeatOf id: String, in transaction: Transaction) {
        let unsaved = state.withLock { state -> WorkerRecord? in
            guard var record = state.records[id] else { return nil }
            record.lastSeenAt = transaction.now
            return state.keep(record, isNews: false)
        }
        if let unsaved { transaction.writes.append(unsaved.saving(Self.save)) }
    }

    /// Forgets those not heard of for a day.
    func forget(in transaction: Transaction) {
        let horizon = transaction.now.adding(seconds: -Self.memory)
        state.withLock { state in
            for record in state.records.values where record.lastSeenAt < horizon {
                state.records[record.info.id] = nil
                state.savedAt[record.info.id] = nil
            }
        }
        transaction.writes.append(Request(Self.forget, .time(horizon)))
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
    /// The columns, in the order in which `init(_:)` reads them.
    static let columns = "id, name, labels, queues, kinds, lease_seconds, first_seen_at, last_seen_at"

    /// Reads a row of a statement that selects `columns`.
    init(_ row: inout RowReader) throws {
        let info = WorkerInfo(id: row.text(), name: row.text(), labels: try JobExtra.map(row.text()))
        let queues = try JobExtra.list(row.text())
        let kinds = try JobExtra.list(row.text())
        let leaseSeconds = row.double()
        let firstSeenAt = row.time()
        self.init(
            info: info, queues: queues, kinds: kinds, leaseSeconds: leaseSeconds, firstSeenAt: firstSeenAt,
            lastSeenAt: row.time())
    }

    fileprivate func saving(_ query: Query) -> Request {
        Request(
            query, .text(info.id), .text(info.name), .text(JobExtra.encode(info.labels)),
            .text(JobExtra.encode(queues)), .text(JobExtra.encode(kinds)), .float8(leaseSeconds),
            .time(firstSeenAt), .time(lastSeenAt))
    }

    /// Whether the worker says something else of itself than it did, apart from living.
    fileprivate func saysElse(than other: WorkerRecord) -> Bool {
        info != other.info || queues != other.queues || kinds != other.kinds
            || leaseSeconds != other.leaseSeconds
    }
}
