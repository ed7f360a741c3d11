import LonghaulCore
import LonghaulStore

/// Writes the data of jobs in other tables at the end of a transaction.
enum Attachments {
    static let tags = Query(
        "INSERT INTO longhaul.tags (name, value, id) SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[])"
    )
    private static let resolveWaiting = Query(
        "UPDATE longhaul.dependencies SET is_resolved = true WHERE on_id = ANY($1::uuid[]) AND NOT is_resolved"
    )
    private static let wait = Query(
        """
        INSERT INTO longhaul.dependencies (on_id, id, is_resolved)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::boolean[])
        ON CONFLICT (on_id, id) DO UPDATE SET is_resolved = excluded.is_resolved
        """)
    private static let faults = FaultRow.insertion(into: "faults")
    private static let files = Artifact.insertion(
        into: "artifacts",
        onConflict: """
            ON CONFLICT (id, fence, name) DO UPDATE SET size_bytes = excluded.size_bytes,
            content_type = excluded.content_type, sha256 = excluded.sha256
            """)
    private static let lines = StoredLogLine.insertion(into: "logs")

    /// The statements for jobs that are not deleted.
    static func requests(_ entries: [TrackedJob]) -> [Request] {
        var requests: [Request] = []
        func each<Record>(_ records: (TrackedJob) -> [Record]) -> [(id: JobID, record: Record)] {
            entries.flatMap { entry in records(entry).map { (entry.row.job.id, $0) } }
        }
        let tagged = TagColumns(entries.filter { $0.stored == nil }.map(\.row))
        if !tagged.isEmpty { requests.append(Request(tags, tagged.parameters)) }
        let resolving = entries.filter(\.resolvesWaiting)
        if !resolving.isEmpty {
            requests.append(Request(resolveWaiting, .uuids(resolving.map(\.row.job.id))))
        }
        requests += [
            FaultRow.insert(each { Array($0.faults[$0.storedFaults...]) }, by: faults), waiting(entries),
            Artifact.insert(each(latestArtifacts), by: files),
            StoredLogLine.insert(each(\.newLines), by: lines),
        ].compactMap { $0 }
        requests += entries.flatMap(\.newDeliveries).map(\.insert)
        // A new job has no earlier deliveries.
        for entry in entries where entry.stored != nil {
            if let count = entry.keptDeliveries {
                requests.append(WebhookDelivery.trim(entry.row.job.id, keeping: count))
            }
        }
        return requests
    }

    private static func waiting(_ entries: [TrackedJob]) -> Request? {
        var columns = [.uuid, .uuid, .bool].map { ArrayParameter($0) }
        for entry in entries {
            // A statement must not write a row twice. An edge that was added again after it was resolved is unresolved.
            let unresolved = Set(entry.newWaiting)
            let resolved = Set(entry.newResolved).subtracting(unresolved)
            for (ids, isResolved) in [(unresolved, false), (resolved, true)] {
                for id in ids.sorted() {
                    columns[0].append(entry.row.job.id)
                    columns[1].append(id)
                    columns[2].append(isResolved)
                }
            }
        }
        return request(wait, columns)
    }

    /// The latest artifact of each name: a statement must not write a row twice.
    private static func latestArtifacts(_ entry: TrackedJob) -> [Artifact] {
        var latest: [String: Artifact] = [:]
        for artifact in entry.newArtifacts { latest["\(artifact.fence) \(artifact.name)"] = artifact }
        return Array(latest.values)
    }

    private static func request(_ query: Query, _ columns: [ArrayParameter]) -> Request? {
        columns[0].count > 0 ? Request(query, columns.map(\.parameter)) : nil
    }
}
