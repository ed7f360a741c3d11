package import LonghaulCore

extension JobHistory {
    /// The changes of a job after a version, as the observer received them. Those that were removed are left out, with the one after
    /// them.
    ///
    /// - Parameter faults: every fault of the job.
    package func changes(
        of job: Job, afterVersion version: Int, faults: [FaultRow]
    ) throws -> [JobChange] {
        let errors = Dictionary(faults.map { ($0.version, $0.error) }) { _, latest in latest }
        var changes: [JobChange] = []
        var previous: Entry?
        var fence = removedLeases
        var number = removedCount
        for entry in try entries() {
            number += 1
            if entry.state == .processing { fence += 1 }
            if number > version, previous != nil || number == 1 {
                var change = Self.change(entry, number: number, after: previous, fence: fence, of: job)
                change.error = errors[number]
                changes.append(change)
            }
            previous = entry
        }
        return changes
    }

    private static func change(
        _ entry: Entry, number: Int, after previous: Entry?, fence: Int, of job: Job
    ) -> JobChange {
        var change = JobChange(
            jobID: job.id, queue: job.spec.queue, kind: job.spec.kind, state: entry.state,
            previous: previous?.state, attempt: entry.attempt, version: number, at: entry.at,
            runAt: entry.runAt)
        change.priority = job.spec.priority
        change.labels = job.spec.labels
        change.expiresAt = job.spec.expiresAt
        change.hasWebhook = job.spec.callbackURL != nil
        if entry.state == .processing { change.waitedSeconds = max(0, entry.at.seconds(since: entry.runAt)) }
        if let previous, previous.state == .processing {
            change.ranSeconds = max(0, entry.at.seconds(since: previous.at))
            if entry.state != .completed { change.endedFence = fence }
        }
        return change
    }
}

extension JobChange {
    /// The change that brought a row to where it stands.
    package init(_ row: borrowing JobRow, previous: JobState?, at moment: Timestamp) {
        self.init(
            jobID: row.job.id, queue: row.job.spec.queue, kind: row.job.spec.kind, state: row.job.state,
            previous: previous, attempt: row.job.attempt, version: row.job.version, at: moment,
            runAt: row.job.runAt)
        priority = row.job.spec.priority
        labels = row.job.spec.labels
        expiresAt = row.job.spec.expiresAt
        hasWebhook = row.job.spec.callbackURL != nil
    }
}
