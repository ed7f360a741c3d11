package import LonghaulCore

/// The workers last seen by this process. Each heartbeat counts at once, but is written only from time to time, so that
/// polls that find no jobs write nothing.
package struct WorkerActivity {
    /// The retention of workers, in seconds.
    package static let memory = 86_400.0

    /// The maximum delay of a worker's stored heartbeat, in seconds.
    private let tolerance: @Sendable (WorkerRecord) -> Double
    /// The workers by their identifiers.
    package private(set) var records: [String: WorkerRecord] = [:]
    /// When each was last written.
    private var savedAt: [String: Timestamp] = [:]
    /// The workers written in the current transaction.
    private var uncommitted: Set<String> = []

    /// - Parameter tolerance: the maximum delay of a worker's stored heartbeat, in seconds.
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

    /// Whether the stored heartbeat is so old that a new one must be stored.
    package func isDue(_ id: String, within seconds: Double, at now: Timestamp) -> Bool {
        savedAt[id].map { now.seconds(since: $0) >= seconds } ?? true
    }

    /// Records that a heartbeat is stored, unless the transaction fails.
    package mutating func recordWrite(_ id: String, at now: Timestamp) {
        savedAt[id] = now
        uncommitted.insert(id)
    }

    /// Forgets workers last seen before a moment, and those beyond the maximum number that were seen least recently.
    /// Returns whether there were any.
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

    /// Deletes a worker. Returns whether it was known.
    package mutating func forget(_ id: String) -> Bool {
        savedAt[id] = nil
        return records.removeValue(forKey: id) != nil
    }

    /// Marks the heartbeats of the transaction as stored.
    package mutating func commit() {
        uncommitted.removeAll(keepingCapacity: true)
    }

    /// Makes the next heartbeat of each worker of the transaction be stored again.
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
