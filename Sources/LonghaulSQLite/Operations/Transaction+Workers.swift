import LonghaulCore

/// Workers: signs of life, and departures.
extension Transaction {
    func note(_ request: LeaseRequest) throws {
        try workers.note(request, in: self)
    }

    func note(heartbeatOf worker: String) throws {
        try workers.note(heartbeatOf: worker, in: self)
    }

    func forgetWorker(_ id: String) throws -> Bool {
        try workers.forget(id, in: self)
    }
}
