package import LonghaulCore

/// The workers last seen by this process. Each heartbeat counts at once, but is written only from time to time, so that
/// polls that find no jobs write nothing.
package struct WorkerActivity {
    /// How long a worker is remembered, in seconds.
    package static let memory = 86_400.0

    /// How much later than the truth the written sign of life of a worker may be, in seconds.
    private let tolerance: @Sendable (WorkerRecord) -> Double
    /// What is known of each worker, by its identifier.
    package private(set) var records: [String: WorkerRecord] = [:]
    /// When each was last written.
    private var savedAt: [String: Timestamp] = [:]
    /// The workers written in the current transaction.
    private var uncommitted: Set<String> = []

    /// - Parameter tolerance: how much later than the truth the written sign of life of a worker may be, in
    ///   seconds.
    package init(
        _ records: [WorkerRecord] = [], tolerance: @escaping @Sendable (WorkerRecord) -> Double
    ) {
        self.tolerance = tolerance
        for record in records {
            self.records[record.info.id] = record
            savedAt[record.info.id] = record.lastSeenAt
        }
    }

    /// Records that a worker polls for jobs. Returns its record if it must be written.
    package mutating func recordPoll(_ request: LeaseRequest, at now: Timestamp) -> WorkerRecord? {
        let known = records[request.worker.id]
        let record = WorkerRecord(
            info: request.worker, queues: request.queues, kinds: request.kinds,
            leaseSeconds: request.leaseSeconds, firstSeenAt: known?.firstSeenAt ?? now, lastSeenAt: now)
        return update(record, isChanged: known.map { $0.differs(from: record) } ?? true)
    }

    /// Records a heartbeat of a worker that has polled before. Returns its record if it must be written; nil also if
    /// the worker is unknown.
    package mutating func recordHeartbeat(of id: String, at now: Timestamp) -> WorkerRecord? {
        guard var record = records[id] else { return nil }
        record.lastSeenAt = now
        return update(record, isChanged: false)
    }

    private mutating func update(_ record: WorkerRecord, isChanged: Bool) -> WorkerRecord? {
        let id = record.info.id
        records[id] = record
        let isDue = isDue(id, within: tolerance(record), at: record.lastSeenAt)
        guard isChanged || isDue else { return nil }
        recordWrite(id, at: record.lastSeenAt)
        return record
    }

    /// Whether the last written sign of life is so old that this one must be written.
    package func isDue(_ id: String, within seconds: Double, at now: Timestamp) -> Bool {
        savedAt[id].map { now.seconds(since: $0) >= seconds } ?? true
    }

    /// Takes a sign of life for written, unless the transaction fails.
    package mutating func recordWrite(_ id: String, at now: Timestamp) {
        savedAt[id] = now
        uncommitted.insert(id)
    }

    /// Forgets workers last seen before a moment, and those beyond the maximum number that were seen least
    /// recently. Answers whether there were any.
    @discardableResult
    package mutating func forget(before horizon: Timestamp, keeping maximum: Int = WorkerRecord.maxWorkers)
        -> Bool
    {
        let known = records.count
        let horizon = Self.horizon(of: records, before: horizon, keeping: maximum)
        records = records.filter { $0.value.lastSeenAt >= horizon }
        savedAt = savedAt.filter { records[$0.key] != nil || $0.value >= horizon }
        return records.count < known
    }

    /// The moment before which workers are forgotten: the given one, or a later one if more than the maximum number of
    /// workers were seen since.
    package static func horizon(
        of records: [String: WorkerRecord], before horizon: Timestamp,
        keeping maximum: Int = WorkerRecord.maxWorkers
    ) -> Timestamp {
        guard records.count > maximum else { return horizon }
        return max(horizon, records.values.map(\.lastSeenAt).sorted(by: >)[maximum - 1])
    }

    /// Forgets a worker; answers whether it was known.
    package mutating func forget(_ id: String) -> Bool {
        savedAt[id] = nil
        return records.removeValue(forKey: id) != nil
    }

    /// Takes what the transaction wrote for written.
    package mutating func commit() {
        uncommitted.removeAll(keepingCapacity: true)
    }

    /// Makes what the transaction wrote be written again at the next sign of life.
    package mutating func rollBack() {
        for id in uncommitted { savedAt[id] = nil }
        uncommitted.removeAll(keepingCapacity: true)
    }
}

extension WorkerRecord {
    /// Whether the settings of the worker differ.
    fileprivate func differs(from other: WorkerRecord) -> Bool {
        info != other.info || queues != other.queues || kinds != other.kinds
            || leaseSeconds != other.leaseSeconds
    }
}
