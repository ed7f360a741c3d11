import LonghaulCore
import LonghaulStoreRules

/// What is done with dead letters.
extension Transaction {
    private var graves: Graveyard { Graveyard(connection: connection) }

    /// Keeps the tables of dead letters with a change of a job's state, which has been made in its row.
    ///
    /// - Parameter fault: what the change brought.
    func keepDeadLetters(_ row: inout JobRow, from previous: JobState?, fault: JobError?) throws {
        if previous == .failed { try exhume(row) }
        row.job.fingerprint = nil
        guard row.job.state == .failed, let fault else { return }
        row.job.fingerprint = try graves.bury(
            row.seq, queue: row.job.spec.queue, kind: row.job.spec.kind, error: fault, at: now)
    }

    /// Takes a job out of the dead letters.
    func exhume(_ row: JobRow) throws {
        try graves.exhume(row.seq)
    }

    /// Redrives or discards a job that is a dead letter and fits what the filter says of its error.
    func settle(_ id: JobID, by action: DeadLetterAction, fitting filter: JobFilter) throws {
        guard let row = try loader.row(id) else { throw LonghaulError.noJob(id) }
        guard row.job.state == .failed, try fits(row, filter) else {
            throw LonghaulError(.conflict, "the job \(id) is no such dead letter")
        }
        switch action {
        case .redrive: try restart(row)
        case .discard: try remove(row)
        }
    }

    private func fits(_ row: JobRow, _ filter: JobFilter) throws -> Bool {
        if let fingerprint = filter.fingerprint,
            try graves.fingerprint(of: row.seq) != fingerprint
        {
            return false
        }
        guard let type = filter.errorType else { return true }
        return try loader.faults(at: row.seq).last { $0.version == row.faultVersion }?.error.type == type
    }
}
