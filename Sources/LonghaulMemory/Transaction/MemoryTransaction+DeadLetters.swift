import LonghaulCore
import LonghaulStore

/// Errors of jobs, and the groups of dead letters.
extension MemoryTransaction {
    /// Stores an error of a job. A dead letter joins its group.
    func add(_ fault: FaultRow?, to row: JobRow) {
        guard let fault else { return }
        change(row.job.id) { $0.faults.append(fault) }
        guard let fingerprint = row.job.fingerprint else { return }
        let key = Tables.GroupKey(fingerprint: fingerprint, queue: row.job.spec.queue)
        var group =
            tables.groups[key]
            ?? DeadLetterGroup(
                fingerprint: fingerprint, queue: row.job.spec.queue, kind: row.job.spec.kind,
                errorType: fault.error.type, count: 0, firstSeenAt: now, lastSeenAt: now)
        group.count += 1
        group.lastSeenAt = max(group.lastSeenAt, now)
        tables.groups[key] = group
    }

    /// Takes a job out of its group.
    func leaveGroup(_ id: JobID) {
        guard let job = row(id)?.job, let fingerprint = job.fingerprint else { return }
        let key = Tables.GroupKey(fingerprint: fingerprint, queue: job.spec.queue)
        tables.groups[key]?.count -= 1
        if tables.groups[key]?.count == 0 { tables.groups[key] = nil }
    }
}
