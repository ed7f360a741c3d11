import LonghaulCore
import LonghaulStore

/// The pending jobs of a queue with the same kind and the same required labels.
struct LabelLane {
    let queue: String
    let kind: String
    let labels: String

    private static let nextLabels = Query(
        """
        SELECT labels FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels >= ?3 ORDER BY labels LIMIT 1
        """)
    private static let nextPartition = Query(
        """
        SELECT partition_value FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels = ?3 AND partition_value >= ?4 ORDER BY partition_value LIMIT 1
        """)

    /// The lanes of a queue that a request may be given jobs of, each found by a step or two in the index.
    static func lanes(
        of queue: String, for request: LeaseRequest, _ loader: JobLoader
    ) throws -> [LabelLane] {
        let kinds = request.kinds.isEmpty ? try loader.pendingKinds(of: queue) : Array(Set(request.kinds))
        let servable = ServableLabels(request.worker.labels)
        // What need not be looked for is taken to be there: an empty lane costs one step later.
        if servable.isEmpty { return kinds.map { LabelLane(queue: queue, kind: $0, labels: "") } }
        var lanes: [LabelLane] = []
        for kind in kinds {
            var place: String? = ""
            while let from = place,
                let labels = try loader.connection.first(
                    Self.nextLabels, .text(queue), .text(kind), .text(from), read: { $0.text(0) })
            {
                if try servable.serves(labels) {
                    lanes.append(LabelLane(queue: queue, kind: kind, labels: labels))
                }
                place = servable.place(after: labels)
            }
        }
        return lanes
    }

    /// The first value, at or after a place, of the tag by which the queue is partitioned.
    func partition(from place: String, _ connection: Connection) throws -> String? {
        try connection.first(
            Self.nextPartition, .text(queue), .text(kind), .text(labels), .text(place)
        ) { $0.text(0) }
    }
}
