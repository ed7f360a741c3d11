import LonghaulCore

/// Workers: signs of life, and farewells.
extension Transaction {
    func note(_ request: LeaseRequest) throws {
        try workers.note(request, in: self)
    }

    func note(heartbeatOf worker: String) throws {
        try workers.note(heartbeatOf: worker, in: self)
    }

    private static let held = Query(
        "SELECT id, fence, secret FROM jobs INDEXED BY jobs_leased WHERE state = 3 AND worker_id = ?1")

    /// Forgets a worker; answers the leases that it still holds, nil if there is nothing of it.
    func forgetWorker(_ id: String) throws -> [LeaseToken]? {
        let isKnown = try workers.forget(id, in: self)
        let held = try connection.all(Self.held, .text(id)) { row in
            LeaseToken(
                jobID: JobID(bytes: row.blob(0)), fence: row.int(1),
                secret: UInt64(bitPattern: row.int64(2)))
        }
        return isKnown || !held.isEmpty ? held : nil
    }
}
