import LonghaulCore
import LonghaulStore

/// The statements that write all changes of a transaction, a few statements with many rows each.
extension Transaction {
    private static let commit = Query("COMMIT")

    /// The statements that write all changes, with the commit. They run in one round trip. The transaction cannot be
    /// used afterwards.
    func writing() throws -> [Request] {
        try cache.insertQueues(differences.keys.filter { newQueues[$0] == nil }, aside.use(), at: now)
        var requests: [Request] = []
        let entries = prepared()
        requests += Removals.requests(entries)
        let kept = entries.filter { !$0.isRemoved }
        let new = kept.filter { $0.stored == nil }
        let changed = kept.filter(\.isChanged).compactMap { entry in
            entry.stored.map { (before: $0, now: entry.row) }
        }
        if !new.isEmpty { requests.append(JobWriting.insert(new.map(\.row))) }
        if let update = JobWriting.update(changed) { requests.append(update) }
        requests += SpecWriting.requests(kept)
        requests += PositionTables.requests(entries)
        requests += DeadLetterTable.requests(entries)
        requests += Attachments.requests(kept.filter(\.hasAttachments))
        requests += JournalWriting.requests(kept)
        requests += TrackedKey.writes(keys)
        requests += keyedRecords.requests
        if !differences.isEmpty { requests.append(QueueCounts.add(differences)) }
        requests += QueueState.writes(newQueues)
        requests += revived.map { QueueState.revive($0, at: now) }
        requests += newBuckets.sorted { $0.key < $1.key }.map { QueueState.write($0.value, of: $0.key) }
        // In a fixed order, so that servers cannot deadlock.
        requests += workerWrites.sorted { $0.key < $1.key }.map(\.value)
        requests += writes
        requests += auditWrites
        if hasPeers, !changes.isEmpty {
            requests += ChangeMessage.requests(
                changes, from: serverID, notificationKey, connection.schema)
        }
        if hasPeers, changedSettings || !newQueues.isEmpty {
            requests.append(
                ChangeMessage.settingsRequest(
                    from: serverID, number: random.next(), notificationKey, connection.schema))
        }
        requests.append(Request(Self.commit))
        for (id, lane) in readLanes { cache.setHead(lane.head, of: id) }
        return requests
    }

    /// The deleted queues that get new jobs.
    private var revived: [String] {
        differences.keys.filter { name in
            cache.queue(name)?.isDeleted ?? false && newQueues[name] == nil && addsUnended(to: name)
        }.sorted()
    }

    /// Whether the transaction adds jobs to a queue that have not ended.
    func addsUnended(to queue: String) -> Bool { differences[queue]?.hasUnended ?? false }

    /// The jobs to write, with their agenda times, in the order of identifiers, which is the lock order of new rows.
    private func prepared() -> [TrackedJob] {
        let written = entries.values.filter {
            $0.stored == nil ? !$0.isRemoved : ($0.isChanged || $0.isRemoved) || $0.hasAttachments
        }
        for entry in written where !entry.isRemoved { entry.row.due = entry.wantedDue }
        return written.sorted { $0.row.job.id < $1.row.job.id }
    }

    /// The stored jobs that are no longer pending after it.
    var claimed: Set<JobID> {
        Set(
            entries.values.lazy.filter { $0.stored?.place != nil && $0.stored?.place != $0.row.place }
                .map(\.row.job.id))
    }

    /// Updates the cache after the commit.
    func updateCache() {
        cache.add(differences)
        for entry in entries.values where entry.isChanged || entry.stored == nil {
            if let place = entry.row.place, place != entry.stored?.place {
                cache.recordPending(place, at: now)
            }
            if let due = entry.wantedDue, due < cache.agendaFloor { cache.agendaFloor = due }
        }
    }

    /// Reverts the cache after a rollback: the claimed jobs are pending again, and maintenance has not run.
    func revertCache() {
        for (id, lane) in readLanes {
            cache.recordPending(PendingPlace(lane: id, position: lane.start), at: now)
        }
        if hasMaintained { cache.resetMaintenance() }
    }
}

extension TrackedJob {
    /// The time of the job's next maintenance. The agenda row of a renewed lease stays, and maintenance moves it when
    /// its time comes.
    var wantedDue: Timestamp? {
        let job = row.job
        switch job.state {
        case .pending: return job.spec.expiresAt
        case .scheduled, .retrying: return min(job.runAt, job.spec.expiresAt ?? job.runAt)
        case .blocked: return job.spec.expiresAt ?? .distantFuture
        case .suspended: return row.wakeAt ?? .distantFuture
        case .processing:
            guard let expiresAt = row.leaseExpiresAt else { return nil }
            if let stored, stored.job.state == .processing, let due = stored.due, due <= expiresAt, !isOverdue
            {
                return due
            }
            return expiresAt
        case .completed, .failed, .cancelled: return row.purgeAt ?? .distantFuture
        }
    }

    /// Whether rows of the job in other tables must be written.
    fileprivate var hasAttachments: Bool {
        faults.count > storedFaults || !newArtifacts.isEmpty || !newWaiting.isEmpty || !newResolved.isEmpty
            || resolvesWaiting || !newLines.isEmpty || !newDeliveries.isEmpty || hasNewPayload
            || journal.isChanged
            || (stored == nil && !row.job.spec.tags.isEmpty)
    }
}
