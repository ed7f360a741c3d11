import LonghaulCore

/// Polls, heartbeats and deregistration of workers.
extension Transaction {
    func recordPoll(_ request: LeaseRequest) throws {
        try workers.recordPoll(request, in: self)
    }

    func recordHeartbeat(of worker: String) throws {
        try workers.recordHeartbeat(of: worker, in: self)
    }

    func deleteWorker(_ id: String) throws -> Bool {
        try workers.forget(id, in: self)
    }
}
