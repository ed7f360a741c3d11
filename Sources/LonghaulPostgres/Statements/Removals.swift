import LonghaulCore
import LonghaulStore

/// Deletes jobs with their rows in other tables.
enum Removals {
    private static let statements =
        ["faults", "submission_keys", "logs", "operations", "signals", "artifacts", "jobs"].map {
            Query("DELETE FROM longhaul.\($0) WHERE id = ANY($1::uuid[])")
        }
    static let tags = Query(
        """
        DELETE FROM longhaul.tags t USING unnest($1::text[], $2::text[], $3::uuid[]) AS g (name, value, id)
        WHERE t.name = g.name AND t.value = g.value AND t.id = g.id
        """)

    private static let deliveries = Query(
        "DELETE FROM longhaul.webhook_deliveries WHERE job_id = ANY($1::uuid[])")
    private static let dependents = Query("DELETE FROM longhaul.dependencies WHERE on_id = ANY($1::uuid[])")
    private static let dependencies = Query(
        """
        DELETE FROM longhaul.dependencies d USING unnest($1::uuid[], $2::uuid[]) AS g (on_id, id)
        WHERE d.on_id = g.on_id AND d.id = g.id
        """)

    static func requests(_ entries: [TrackedJob]) -> [Request] {
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
        let notifying = gone.filter { $0.row.job.spec.callbackURL != nil }
        if !notifying.isEmpty { requests.append(Request(deliveries, .uuids(notifying.map(\.row.job.id)))) }
        let tagged = TagColumns(gone.map { $0.stored ?? $0.row })
        if !tagged.isEmpty { requests.append(Request(tags, tagged.parameters)) }
        return requests
    }
}

/// The tags of jobs as three columns.
struct TagColumns {
    private var names = ArrayParameter(.text)
    private var values = ArrayParameter(.text)
    private var ids = ArrayParameter(.uuid)

    init(_ rows: [JobRow]) {
        for job in rows.lazy.map(\.job) {
            for (name, value) in job.spec.tags {
                names.append(name)
                values.append(value)
                ids.append(job.id)
            }
        }
    }

    var isEmpty: Bool { ids.count == 0 }
    var parameters: [Parameter] { [names.parameter, values.parameter, ids.parameter] }
}
