package import LonghaulCore

/// Taking over what another store kept.
extension PostgresStore {
    private static let anything = Query("SELECT EXISTS (SELECT FROM longhaul.jobs)")

    /// Whether there are no jobs.
    package func isEmpty() async throws -> Bool {
        try await read { reader in
            var row = try reader.connection.run(Request(Self.anything)).first
            return row?.bool() == false
        }
    }

    /// Keeps a schedule as another store had it.
    package func take(_ schedule: ScheduleRecord) async throws {
        try await write { $0.writes.append(ScheduleRow.save(schedule)) }
    }

    /// Stores jobs as another store had them, with all that belongs to them. Nobody is told.
    package func take(_ jobs: [MovedJob]) async throws {
        try await write(weight: jobs.count) { transaction in
            for job in jobs { try transaction.take(job) }
        }
    }
}

extension Transaction {
    fileprivate func take(_ moved: MovedJob) throws {
        var row = JobRow(job: moved.job)
        row.fence = moved.fence
        row.fenceBase = moved.fenceBase
        row.secret = moved.secret
        row.leaseMilliseconds = moved.leaseMilliseconds
        row.leaseExpiresAt = moved.leaseExpiresAt
        row.purgeAt = moved.purgeAt
        row.waitingOn = moved.waitingOn
        row.needed = moved.needed
        row.isParent = moved.isParent
        row.isAwaited = moved.isAwaited
        row.faultVersion = moved.faultVersion
        row.artifactFence = moved.artifactFence
        row.history = JobHistory(bytes: moved.history)
        if moved.job.state == .pending { row.place = try place(of: moved.job, isLate: false) }
        var entry = Entry(new: row)
        entry.faults = moved.faults.map(FaultRow.init)
        entry.newArtifacts = moved.artifacts
        entry.newWaiting = moved.waiting
        entry.newLines = moved.lines
        entry.newSteps = moved.steps
        add(entry)
        for key in moved.keys {
            var stored = KeyEntry(nil)
            stored.present = KeyEntry.Stored(
                jobID: moved.job.id, fingerprint: key.fingerprint, expiresAt: key.expiresAt)
            keys[key.digest] = stored
        }
        count(moved.job.spec.queue, from: nil, to: moved.job.state)
    }
}

extension FaultRow {
    fileprivate init(_ moved: MovedJob.Fault) {
        self.init(
            version: moved.version, fence: moved.fence, attempt: moved.attempt, at: moved.at,
            error: moved.error)
        worker = moved.worker
        startedAt = moved.startedAt
    }
}
