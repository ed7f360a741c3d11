import LonghaulCore

/// Dead letters: the groups that they make, and what is done with them.
extension Transaction {
    /// Keeps the groups with a change of a job's state, which has been made in its row.
    ///
    /// - Parameter fault: what the change brought.
    func keepDeadLetters(_ row: inout StoredJob, from previous: JobState?, fault: JobError?) {
        if previous == .failed { exhume(row) }
        row.job.fingerprint = nil
        guard row.job.state == .failed, let fault else { return }
        let fingerprint = ErrorFingerprint.of(kind: row.job.spec.kind, error: fault)
        row.job.fingerprint = fingerprint
        let key = Tables.GroupKey(fingerprint: fingerprint, queue: row.job.spec.queue)
        var group =
            tables.groups[key]
            ?? DeadLetterGroup(
                fingerprint: fingerprint, queue: row.job.spec.queue, kind: row.job.spec.kind,
                errorType: fault.type, count: 0, firstSeenAt: now, lastSeenAt: now)
        group.count += 1
        group.lastSeenAt = max(group.lastSeenAt, now)
        tables.groups[key] = group
    }

    /// Takes a job out of its group.
    func exhume(_ row: StoredJob) {
        guard let fingerprint = row.job.fingerprint else { return }
        let key = Tables.GroupKey(fingerprint: fingerprint, queue: row.job.spec.queue)
        tables.groups[key]?.count -= 1
        if tables.groups[key]?.count == 0 { tables.groups[key] = nil }
    }

    /// Redrives or discards a job that is a dead letter and fits what the filter says of its error.
    func settle(
        _ id: JobID, by action: DeadLetterAction, fitting filter: JobFilter
    ) throws(LonghaulError) {
        guard let row = row(id) else { throw LonghaulError.noJob(id) }
        guard row.job.state == .failed, row.fits(errorOf: filter) else {
            throw LonghaulError(.conflict, "the job \(id) is no such dead letter")
        }
        switch action {
        case .redrive: restart(row)
        case .discard: remove(row)
        }
    }
}

extension StoredJob {
    /// Whether the job is a dead letter whose error is what a filter asks for, if it asks for any.
    func fits(errorOf filter: JobFilter) -> Bool {
        if let fingerprint = filter.fingerprint, job.fingerprint != fingerprint { return false }
        guard let type = filter.errorType else { return true }
        return job.state == .failed && whole.error?.type == type
    }
}
