import LonghaulCore

/// What happened to a job, read back.
extension Reader {
    /// The changes after a version, as the observer was told of them.
    func history(_ id: JobID, afterVersion version: Int) throws -> [JobChange]? {
        guard let entry = try entries([id])[id] else { return nil }
        let faults = Dictionary(uniqueKeysWithValues: try faults(of: entry).map { ($0.version, $0) })
        var changes: [JobChange] = []
        var previous: JobHistory.Entry?
        var fence = 0
        for (index, state) in try entry.row.history.entries().enumerated() {
            if state.state == .processing { fence += 1 }
            if index >= version {
                var change = Self.change(
                    state, number: index + 1, after: previous, fence: fence, of: entry.row.job)
                change.error = faults[index + 1]?.error
                changes.append(change)
            }
            previous = state
        }
        return changes
    }

    private static let faults = Query(
        "SELECT \(FaultRow.columns) FROM longhaul.faults WHERE id = $1::uuid ORDER BY version")

    /// Every fault of a job, also those of before its attempts were last counted afresh.
    private func faults(of entry: Entry) throws -> [FaultRow] {
        guard entry.faults.isEmpty else { return entry.faults }
        return try connection.run(Request(Self.faults, .uuid(entry.row.job.id))).map { FaultRow(&$0) }
    }

    private static func change(
        _ entry: JobHistory.Entry, number: Int, after previous: JobHistory.Entry?, fence: Int, of job: Job
    ) -> JobChange {
        var change = JobChange(
            jobID: job.id, queue: job.spec.queue, kind: job.spec.kind, state: entry.state,
            previous: previous?.state, attempt: entry.attempt, version: number, at: entry.at,
            runAt: entry.runAt)
        change.priority = job.spec.priority
        change.labels = job.spec.labels
        if entry.state == .processing { change.waitedSeconds = max(0, entry.at.seconds(since: entry.runAt)) }
        if let previous, previous.state == .processing {
            change.ranSeconds = max(0, entry.at.seconds(since: previous.at))
            if entry.state != .completed { change.endedFence = fence }
        }
        return change
    }
}
