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
            guard isNews || isDue(id, within: record.savingSeconds, at: record.lastSeenAt) else { return nil }
            settle(id, at: record.lastSeenAt)
            return record
        }

        /// Whether the last written sign of life is so old that this one must be written.
        func isDue(_ id: String, within seconds: Double, at now: Timestamp) -> Bool {
            savedAt[id].map { now.seconds(since: $0) >= seconds } ?? true
        }

        /// Takes a sign of life for written, unless the transaction fails.
        mutating func settle(_ id: String, at now: Timestamp) {
            savedAt[id] = now
            unsettled.insert(id)
        }
    }

    /// How long a worker is remembered, in seconds.
    static let memory = 86_400.0

    private static let save = Query(
        """
        INSERT INTO longhaul.workers AS w (\(WorkerRecord.columns)) VALUES ($1::text, $2::text, $3::text,
        $4::text, $5::text, $6::double precision, $7::bigint, $8::bigint, $9::double precision)
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

    /// Notes a sign of life of a worker that has asked for work before, this server or another.
    func note(heartbeatOf id: String, in transaction: Transaction) {
        let now = transaction.now
        let write = state.withLock { state -> Request? in
            guard var record = state.records[id] else {
                // What it promises is known to the server that it asks for work.
                guard state.isDue(id, within: WorkerRecord.strangerSavingSeconds, at: now) else { return nil }
                state.settle(id, at: now)
                return Request(Self.touch, .text(id), .time(now))
            }
            record.lastSeenAt = now
            return state.keep(record, isNews: false)?.saving(Self.save)
        }
        if let write { transaction.writes.append(write) }
    }

    /// Forgets those not heard of for a day.
    func forget(in transaction: Transaction) {
        let horizon = transaction.now.adding(seconds: -Self.memory)
        state.withLock { state in
            state.records = state.records.filter { $0.value.lastSeenAt >= horizon }
            state.savedAt = state.savedAt.filter { $0.value >= horizon }
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
    static let columns =
        "id, name, labels, queues, kinds, lease_seconds, first_seen_at, last_seen_at, heartbeat_seconds"

    /// How much later than the truth the written sign of life may be, in seconds. Servers that were not asked
    /// know no other, so it must not be what makes a worker late.
    fileprivate var savingSeconds: Double {
        min(5, info.heartbeatSeconds.map { $0 / 2 } ?? leaseSeconds / 6)
    }

    /// The same for a worker of which only the identifier is known.
    fileprivate static let strangerSavingSeconds = 0.5

    /// Reads a row of a statement that selects `columns`.
    init(_ row: inout RowReader) throws {
        var info = WorkerInfo(id: row.text(), name: row.text(), labels: try JobExtra.map(row.text()))
        let queues = try JobExtra.list(row.text())
        let kinds = try JobExtra.list(row.text())
        let leaseSeconds = row.double()
        let firstSeenAt = row.time()
        let lastSeenAt = row.time()
        info.heartbeatSeconds = row.optionalDouble()
        self.init(
            info: info, queues: queues, kinds: kinds, leaseSeconds: leaseSeconds, firstSeenAt: firstSeenAt,
            lastSeenAt: lastSeenAt)
    }

    fileprivate func saving(_ query: Query) -> Request {
        Request(
            query, .text(info.id), .text(info.name), .text(JobExtra.encode(info.labels)),
            .text(JobExtra.encode(queues)), .text(JobExtra.encode(kinds)), .float8(leaseSeconds),
            .time(firstSeenAt), .time(lastSeenAt), .float8(info.heartbeatSeconds))
    }

    /// Whether the worker says something else of itself than it did, apart from living.
    fileprivate func saysElse(than other: WorkerRecord) -> Bool {
        info != other.info || queues != other.queues || kinds != other.kinds
            || leaseSeconds != other.leaseSeconds
    }
}
