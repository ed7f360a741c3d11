import LonghaulCore
import LonghaulStore

/// Finding and storing of rows.
extension Transaction: StoreTransaction {
    func prefetch(_ ids: [JobID]) throws {
        try fetch(ids, .wait)
    }

    /// From memory only: no other transaction can know a job that is not stored yet.
    func rowOfSameCall(_ id: JobID) -> JobRow? {
        entries[id]?.row
    }

    /// The insert detects an identifier that exists already; see `Writer`.
    func makeRow(of job: Job) throws -> JobRow {
        guard entries[job.id] == nil else {
            throw LonghaulError(.conflict, "there is a job \(job.id) already")
        }
        return JobRow(job: job)
    }

    func enqueue(_ row: inout JobRow, isLate: Bool) throws {
        row.place = try place(of: row.job, isLate: isLate)
    }

    /// The position of a pending job.
    ///
    /// - Parameter isLate: whether it became pending later than it was submitted.
    func place(of job: Job, isLate: Bool) throws -> PendingPlace {
        let key = LaneKey(
            queue: job.spec.queue, kind: job.spec.kind, labels: job.spec.labels,
            partition: partition(of: job.spec), priority: job.spec.priority, isLate: isLate)
        let lane = try cache.lane(key, at: now) { try aside.use() }
        return PendingPlace(
            lane: lane,
            position: isLate ? PendingPlace.position(at: now) : PendingPlace.position(of: job.id))
    }

    func insert(_ row: JobRow, fault: FaultRow?) {
        let entry = TrackedJob(new: row)
        if let fault { entry.faults = [fault] }
        add(entry)
    }

    func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) {
        change(row.job.id) { entry in
            entry.row = row
            entry.isChanged = true
            if let fault { entry.faults.append(fault) }
        }
    }

    func updateLease(_ row: JobRow) {
        update(row)
    }

    func markParent(_ row: JobRow) {
        change(row.job.id) { entry in
            entry.row.isParent = true
            entry.isChanged = true
        }
    }

    func replaceSpec(of row: JobRow, from previous: JobSpec) {
        change(row.job.id) { $0.hasNewSpec = true }
    }

    func delete(_ row: JobRow) {
        change(row.job.id) { $0.isRemoved = true }
        count(row.job.spec, from: row.job.state, to: nil)
    }
}
