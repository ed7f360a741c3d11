package import LonghaulCore
package import LonghaulStore

/// Inserts the contents of another store.
extension PostgresDriver {
    private static let anything = Query(
        """
        SELECT EXISTS (SELECT FROM longhaul.jobs) OR EXISTS (SELECT FROM longhaul.audit)
        OR EXISTS (SELECT FROM longhaul.records)
        """)

    /// Whether there are no jobs, no audit records and no state machines.
    package func isEmpty() async throws -> Bool {
        try await read { (reader: Reader) in
            var row = try reader.connection.run(Request(Self.anything)).first
            return row?.bool() == false
        }
    }

    /// Inserts a schedule as another store had it.
    package func insert(_ schedule: ScheduleRecord) async throws {
        try await transact(WritePlan()) { $0.writes.append(schedule.upsert) }
    }

    private static let setSecret = Query("UPDATE longhaul.api_key_state SET session_secret = $1::bytea")

    /// Inserts the API keys of another store and takes over its secret, so that sessions and the signatures of webhooks
    /// remain valid.
    package func insert(_ list: APIKeyList) async throws {
        try await transact(WritePlan(weight: list.keys.count)) { transaction in
            for key in list.keys { transaction.upsert(key) }
            transaction.writes.append(Request(Self.setSecret, .bytea(list.sessionSecret)))
        }
    }

    private static let insertAudit = Query(
        "INSERT INTO longhaul.audit (\(AuditRecord.columnNames)) VALUES (\(AuditRecord.placeholders))")
    private static let insertSubjects = Query(
        """
        INSERT INTO longhaul.audit_subjects SELECT DISTINCT value, $1::bigint
        FROM jsonb_array_elements_text($2::text::jsonb)
        """)
    private static let setChain = Query(
        "UPDATE longhaul.audit_chain SET number = $2::bigint, hash = $3::bytea WHERE place = $1::text")

    /// Inserts audit records as another store had them.
    package func insert(_ records: [AuditRecord]) async throws {
        try await transact(WritePlan(weight: records.count)) { transaction in
            for record in records {
                let subjects = TextCoding.encode(record.entry.subjects)
                transaction.writes += [
                    Request(Self.insertAudit, record.parameters),
                    Request(Self.insertSubjects, .int8(record.number), .text(subjects)),
                ]
            }
        }
    }

    /// Sets the ends of the chain of audit records, whose records are inserted.
    package func setAuditChain(_ chain: AuditChain) async throws {
        try await transact(WritePlan()) { transaction in
            for (place, link) in [("removed", chain.removed), ("last", chain.last)] {
                transaction.writes.append(
                    Request(Self.setChain, .text(place), .int8(link.number), .bytea(link.hash)))
            }
        }
    }

    /// Inserts records of state machines and their executions as another store had them.
    package func insert(_ records: [KeyedRecord]) async throws {
        try await transact(WritePlan(weight: records.count)) { transaction in
            transaction.writes.append(TrackedRecords.insertion(of: records))
        }
    }

    /// Inserts jobs as another store had them, with their rows in other tables. No observer is notified.
    package func insert(_ jobs: [MovedJob]) async throws {
        try await transact(WritePlan(weight: jobs.count)) { transaction in
            for job in jobs { try transaction.insert(job) }
        }
    }
}

extension Transaction {
    fileprivate func insert(_ moved: MovedJob) throws {
        var row = moved.row
        let job = row.job
        if job.state == .pending { row.place = try place(of: job, isLate: false) }
        let entry = TrackedJob(new: row)
        entry.faults = moved.faults
        entry.newArtifacts = moved.artifacts
        entry.newWaiting = moved.waiting
        entry.newResolved = moved.resolved
        entry.newLines = moved.lines
        for operation in moved.operations { entry.journal.insert(operation) }
        for signal in moved.signals { entry.journal.insert(signal) }
        entry.newDeliveries = moved.deliveries
        add(entry)
        for (digest, key) in moved.keys {
            var entry = TrackedKey(nil)
            entry.present = key
            keys[digest] = entry
        }
        count(job.spec, from: nil, to: job.state)
    }
}
