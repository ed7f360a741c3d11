import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Writes the data of jobs in other tables at the end of a transaction.
enum Attachments {
    private static let tags = Query(
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
    private static let files = Query(
        """
        INSERT INTO longhaul.artifacts (id, fence, name, size_bytes, content_type, sha256)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[])
        ON CONFLICT (id, fence, name) DO UPDATE SET size_bytes = excluded.size_bytes,
        content_type = excluded.content_type, sha256 = excluded.sha256
        """)
    private static let lines = Query(
        """
        INSERT INTO longhaul.logs (id, number, attempt, at, level, message)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::bigint[], $5::smallint[], $6::text[])
        """)
    private static let outputs = Query(
        "INSERT INTO longhaul.steps (id, name, output) SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[])"
    )

    /// The statements for jobs that are not deleted.
    static func requests(_ entries: [TrackedJob]) -> [Request] {
        var requests: [Request] = []
        let faults = entries.flatMap { entry in
            entry.faults[entry.storedFaults...].map { (id: entry.row.job.id, fault: $0) }
        }
        if !faults.isEmpty { requests.append(FaultRow.insert(faults)) }
        let tagged = TagColumns(entries.filter { $0.stored == nil })
        if !tagged.isEmpty { requests.append(Request(tags, tagged.parameters)) }
        let resolving = entries.filter(\.resolvesWaiting)
        if !resolving.isEmpty {
            requests.append(Request(resolveWaiting, .uuids(resolving.map(\.row.job.id))))
        }
        requests += [waiting(entries), artifacts(entries), logs(entries), steps(entries)].compactMap { $0 }
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

    private static func artifacts(_ entries: [TrackedJob]) -> Request? {
        var columns = [.uuid, .int8, .text, .int8, .text, .text].map { ArrayParameter($0) }
        for entry in entries {
            // Only the latest artifact of a name: a statement must not write a row twice.
            var latest: [String: Artifact] = [:]
            for artifact in entry.newArtifacts { latest["\(artifact.fence) \(artifact.name)"] = artifact }
            for artifact in latest.values {
                columns[0].append(entry.row.job.id)
                columns[1].append(artifact.fence)
                columns[2].append(artifact.name)
                columns[3].append(artifact.sizeBytes)
                columns[4].append(artifact.contentType)
                columns[5].append(artifact.sha256)
            }
        }
        return request(files, columns)
    }

    private static func logs(_ entries: [TrackedJob]) -> Request? {
        var columns = [.uuid, .int8, .int4, .int8, .int2, .text].map { ArrayParameter($0) }
        for entry in entries {
            for line in entry.newLines {
                columns[0].append(entry.row.job.id)
                columns[1].append(line.number)
                columns[2].append(line.attempt)
                columns[3].append(line.line.at)
                columns[4].append(line.line.level.code)
                columns[5].append(line.line.message)
            }
        }
        return request(lines, columns)
    }

    private static func steps(_ entries: [TrackedJob]) -> Request? {
        var columns = [.uuid, .text, .bytea].map { ArrayParameter($0) }
        for entry in entries {
            for (name, output) in entry.newSteps {
                columns[0].append(entry.row.job.id)
                columns[1].append(name)
                columns[2].append(output.bytes)
            }
        }
        return request(outputs, columns)
    }

    private static func request(_ query: Query, _ columns: [ArrayParameter]) -> Request? {
        columns[0].count > 0 ? Request(query, columns.map(\.parameter)) : nil
    }
}
