package import LonghaulCore

/// Polls, heartbeats and deregistration of workers.
extension StoreTransaction {
    /// Records that a worker polls for jobs.
    func recordPoll(_ request: LeaseRequest) throws {
        guard !request.worker.isInternal else { return }
        if let record = workers.recordPoll(request, at: now) { try upsert(record) }
    }

    /// Records a heartbeat of a worker that has polled this server or another one.
    func recordHeartbeat(of id: String) throws {
        guard !WorkerInfo(id: id).isInternal else { return }
        switch workers.recordHeartbeat(of: id, at: now) {
        case .none: break
        case .upsert(let record): try upsert(record)
        case .updateLastSeen: try updateLastSeen(ofWorker: id)
        }
    }

    /// Removes a worker; returns whether it was known.
    package func deleteWorker(_ id: String) throws -> Bool {
        let wasSeen = workers.forget(id)
        return try removeWorker(id) || wasSeen
    }
}

extension WorkerRecord {
    /// The workers that the API shows: those seen in the last day, the most recent first.
    package static func shown(_ records: some Sequence<WorkerRecord>, at now: Timestamp) -> [WorkerRecord] {
        let horizon = now.adding(seconds: -WorkerActivity.memory)
        return records.filter { $0.lastSeenAt >= horizon }
            .sorted { ($1.lastSeenAt, $0.info.id) < ($0.lastSeenAt, $1.info.id) }
    }
}
