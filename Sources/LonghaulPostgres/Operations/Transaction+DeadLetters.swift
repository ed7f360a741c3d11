import LonghaulCore
import LonghaulStoreRules

/// What is done with dead letters.
extension Transaction {
    /// Redrives or discards a job that is a dead letter and fits what the filter says of its error.
    func settle(_ id: JobID, by action: DeadLetterAction, fitting filter: JobFilter) throws {
        guard let row = try row(id) else { throw LonghaulError.noJob(id) }
        guard row.job.state == .failed, fits(row, filter) else {
            throw LonghaulError(.conflict, "the job \(id) is no such dead letter")
        }
        switch action {
        case .redrive: try restart(row)
        case .discard: remove(row)
        }
    }

    private func fits(_ row: JobRow, _ filter: JobFilter) -> Bool {
        if let fingerprint = filter.fingerprint, row.job.fingerprint != fingerprint { return false }
        guard let type = filter.errorType else { return true }
        return entries[row.job.id]?.faults.last { $0.version == row.faultVersion }?.error.type == type
    }
}
