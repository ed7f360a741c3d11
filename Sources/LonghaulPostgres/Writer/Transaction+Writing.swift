import LonghaulCore
import LonghaulStore

/// The end of a transaction: all that it changed, as a few statements on many rows each.
extension Transaction {
    private static let commit = Query("COMMIT")

    /// The statements, up to the commit, that write everything; they are run in one exchange. Nothing more can
    /// be done in the transaction.
    func writing() throws -> [Request] {
        try ledger.make(differences.keys.filter { newSettings[$0] == nil }, aside.use(), at: now)
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
        requests += Standings.requests(entries)
        requests += Graves.requests(entries)
        requests += Attachments.requests(kept.filter(\.hasAttachments))
        requests += KeyEntry.writes(keys)
        if !differences.isEmpty { requests.append(QueueCounts.add(differences)) }
        let settings = newSettings.map { ($0.key, $0.value.spending(newBuckets[$0.key])) }
        requests += NewSettings.writes(Dictionary(uniqueKeysWithValues: settings), at: now)
        requests += revived.map { NewSettings.revive($0, at: now) }
        let spent = newBuckets.filter { newSettings[$0.key] == nil }
        requests += spent.sorted { $0.key < $1.key }.map { NewSettings.spend($0.key, $0.value) }
        // In one order, so that servers wait for each other, and not in a circle.
        requests += workerWrites.sorted { $0.key < $1.key }.map(\.value)
        requests += writes
        if hasPeers, !changes.isEmpty {
            requests += ChangeMessage.requests(
                changes, from: serverID, notificationKey, connection.schema)
        }
        if hasPeers, hasSet || !newSettings.isEmpty {
            requests.append(
                ChangeMessage.settingsRequest(
                    from: serverID, number: random.next(), notificationKey, connection.schema))
        }
        requests.append(Request(Self.commit))
        for (lane, front) in fronts { ledger.setHead(front.head, of: lane) }
        return requests
    }

    /// The deleted queues that get new work.
    private var revived: [String] {
        differences.keys.filter { ledger.isDeleted($0) && newSettings[$0] == nil && hasUnendedWork($0) }
            .sorted()
    }

    /// Whether the transaction adds jobs to a queue that have not ended.
    func hasUnendedWork(_ queue: String) -> Bool {
        guard let difference = differences[queue] else { return false }
        return JobState.byCode.contains { !$0.isFinal && difference[$0.code] > 0 }
    }

    /// The entries that are to be written, each with its place in the agenda; the lock order of new rows is
    /// that of identifiers.
    private func prepared() -> [Entry] {
        let written = entries.values.filter {
            $0.stored == nil ? !$0.isRemoved : ($0.isChanged || $0.isRemoved) || $0.hasAttachments
        }
        for entry in written where !entry.isRemoved { entry.row.due = entry.wantedDue }
        return written.sorted { $0.row.job.id < $1.row.job.id }
    }

    /// The jobs that cease to be pending with it.
    var taken: Set<JobID> {
        Set(
            entries.values.lazy.filter { $0.stored?.place != nil && $0.stored?.place != $0.row.place }
                .map(\.row.job.id))
    }

    /// Keeps in the ledger what now stands, after the commit.
    func remember() {
        ledger.add(differences)
        for entry in entries.values where entry.isChanged || entry.stored == nil {
            if let place = entry.row.place, place != entry.stored?.place { ledger.note(place, at: now) }
            if let due = entry.wantedDue, due < ledger.agendaFloor { ledger.agendaFloor = due }
        }
    }

    /// Takes back from the ledger what does not stand, after the transaction failed: the jobs that it claimed
    /// wait, and what maintenance did is still to be done.
    func takeBack() {
        for (lane, front) in fronts { ledger.note(PendingPlace(lane: lane, position: front.start), at: now) }
        if hasMaintained { ledger.maintainFromTheBeginning() }
    }
}

extension Entry {
    /// When maintenance is to look at the job. A lease that was renewed keeps its entry: maintenance moves it when its
    /// time comes.
    var wantedDue: Timestamp? {
        let job = row.job
        switch job.state {
        case .pending: return job.spec.expiresAt
        case .scheduled, .retrying: return min(job.runAt, job.spec.expiresAt ?? job.runAt)
        case .blocked: return job.spec.expiresAt ?? .distantFuture
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

    /// Whether something belongs to the job that is to be written.
    fileprivate var hasAttachments: Bool {
        faults.count > storedFaults || !newArtifacts.isEmpty || !newWaiting.isEmpty || !newResolved.isEmpty
            || resolvesWaiting || !newLines.isEmpty || !newSteps.isEmpty
            || (stored == nil && !row.job.spec.tags.isEmpty)
    }
}

/// Jobs that go, with all that belongs to them.
private enum Removals {
    private static let statements =
        ["faults", "submission_keys", "logs", "steps", "artifacts", "jobs"].map {
            Query("DELETE FROM longhaul.\($0) WHERE id = ANY($1::uuid[])")
        }
    private static let tags = Query(
        """
        DELETE FROM longhaul.tags t USING unnest($1::text[], $2::text[], $3::uuid[]) AS g (name, value, id)
        WHERE t.name = g.name AND t.value = g.value AND t.id = g.id
        """)

    private static let dependents = Query("DELETE FROM longhaul.dependencies WHERE on_id = ANY($1::uuid[])")
    private static let dependencies = Query(
        """
        DELETE FROM longhaul.dependencies d USING unnest($1::uuid[], $2::uuid[]) AS g (on_id, id)
        WHERE d.on_id = g.on_id AND d.id = g.id
        """)

    static func requests(_ entries: [Entry]) -> [Request] {
        let gone = entries.filter(\.isRemoved)
        guard !gone.isEmpty else { return [] }
        let ids = Parameter.uuids(gone.map(\.row.job.id))
        var requests = (statements + [dependents]).map { Request($0, ids) }
        var edges = [.uuid, .uuid].map { ArrayParameter($0) }
        for job in gone.map(\.row.job) {
            for dependency in Set(job.dependsOn) {
                edges[0].append(dependency)
                edges[1].append(job.id)
            }
        }
        if edges[0].count > 0 { requests.append(Request(dependencies, edges.map(\.parameter))) }
        let tagged = TagColumns(gone)
        if !tagged.isEmpty { requests.append(Request(tags, tagged.parameters)) }
        return requests
    }
}

/// The tags of jobs as three columns.
struct TagColumns {
    private var names = ArrayParameter(.text)
    private var values = ArrayParameter(.text)
    private var ids = ArrayParameter(.uuid)

    init(_ entries: [Entry]) {
        for entry in entries {
            for (name, value) in entry.row.job.spec.tags {
                names.append(name)
                values.append(value)
                ids.append(entry.row.job.id)
            }
        }
    }

    var isEmpty: Bool { ids.count == 0 }
    var parameters: [Parameter] { [names.parameter, values.parameter, ids.parameter] }
}

/// The narrow tables that tell where jobs stand.
///
/// Rows go by their places, each looked up by itself. As a join, a deletion is at the mercy of the statistics:
/// where vacuum has seen that nothing lives in the table, PostgreSQL walks all of its index, which an old
/// transaction keeps full of dead entries.
private enum Standings {
    private static let leave = Query(
        """
        DELETE FROM longhaul.pending WHERE ctid = ANY(ARRAY(
            SELECT (SELECT p.ctid FROM longhaul.pending p WHERE p.lane = g.lane AND p.pos = g.pos AND p.id = g.id)
            FROM unnest($1::integer[], $2::bigint[], $3::uuid[]) AS g (lane, pos, id)))
        """)
    private static let enter = Query(
        """
        INSERT INTO longhaul.pending (lane, pos, id, run_at)
        SELECT * FROM unnest($1::integer[], $2::bigint[], $3::uuid[], $4::bigint[])
        """)
    private static let cross = Query(
        """
        DELETE FROM longhaul.agenda WHERE ctid = ANY(ARRAY(
            SELECT (SELECT a.ctid FROM longhaul.agenda a WHERE a.due = g.due AND a.id = g.id)
            FROM unnest($1::bigint[], $2::uuid[]) AS g (due, id)))
        """)
    private static let note = Query(
        """
        INSERT INTO longhaul.agenda (due, id, state)
        SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::smallint[])
        """)

    static func requests(_ entries: [Entry]) -> [Request] {
        pending(entries) + agenda(entries)
    }

    private static func pending(_ entries: [Entry]) -> [Request] {
        var left = [.int4, .int8, .uuid].map { ArrayParameter($0) }
        var entered = [.int4, .int8, .uuid, .int8].map { ArrayParameter($0) }
        var lanes: Set<Int> = []
        for entry in entries {
            let before = entry.stored?.place
            let after = entry.isRemoved ? nil : entry.row.place
            guard before != after else { continue }
            if let before {
                left[0].append(before.lane)
                left[1].append(before.position)
                left[2].append(entry.row.job.id)
            }
            if let after {
                lanes.insert(after.lane)
                entered[0].append(after.lane)
                entered[1].append(after.position)
                entered[2].append(entry.row.job.id)
                entered[3].append(entry.row.job.runAt)
            }
        }
        return [(leave, left), (enter, entered)].compactMap(request) + hold(lanes)
    }

    /// The lanes that jobs enter must still exist at the commit: see `Ledger.sweepLanes`.
    private static let holdLanes = Query("SELECT longhaul.hold_lanes($1::integer[])")

    private static func hold(_ entered: Set<Int>) -> [Request] {
        guard !entered.isEmpty else { return [] }
        var lanes = ArrayParameter(.int4)
        for lane in entered.sorted() { lanes.append(lane) }
        return [Request(holdLanes, [lanes.parameter])]
    }

    private static func agenda(_ entries: [Entry]) -> [Request] {
        var crossed = [.int8, .uuid].map { ArrayParameter($0) }
        var noted = [.int8, .uuid, .int2].map { ArrayParameter($0) }
        for entry in entries {
            let before = entry.stored
            let due = entry.isRemoved ? nil : entry.row.due
            guard before?.due != due || before?.job.state != entry.row.job.state else { continue }
            if let before = before?.due {
                crossed[0].append(before)
                crossed[1].append(entry.row.job.id)
            }
            if let due {
                noted[0].append(due)
                noted[1].append(entry.row.job.id)
                noted[2].append(entry.row.job.state.code)
            }
        }
        return [(cross, crossed), (note, noted)].compactMap(request)
    }

    private static func request(_ query: Query, _ columns: [ArrayParameter]) -> Request? {
        columns[0].count > 0 ? Request(query, columns.map(\.parameter)) : nil
    }
}
