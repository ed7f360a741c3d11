package import LonghaulCore
package import LonghaulStore

/// The pending jobs of a queue for a claim. All are read at once.
final class PendingRows: LaneSource {
    let isPartitioned: Bool
    private let partitionedLanes: [String: [LaneCursor]]

    init(of queue: String, for request: LeaseRequest, _ tables: Tables) {
        let settings = tables.queues[queue]?.settings
        isPartitioned = settings?.partitionBy != nil
        let rows = tables.rows { stored in
            let spec = stored.row.job.spec
            return stored.state == .pending && spec.queue == queue
                && (request.kinds.isEmpty || request.kinds.contains(spec.kind))
                && LabelRule.serves(request.worker.labels, needed: spec.labels)
        }.map(\.row.job)
        let partitions = Dictionary(grouping: rows) { job in
            settings?.partitionBy.flatMap { job.spec.tags[$0] } ?? ""
        }
        partitionedLanes = partitions.mapValues { jobs in
            Dictionary(grouping: jobs, by: \.spec.priority).map { priority, jobs in
                let lane = LaneCursor(lane: priority, priority: priority)
                lane.add(jobs.map { PendingJob(id: $0.id, runAt: $0.runAt) }, isComplete: true)
                return lane
            }
        }
    }

    func partitions(from value: String, limit: Int) -> [String] {
        let sorted = partitionedLanes.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return Array(sorted.drop { $0.utf8.lexicographicallyPrecedes(value.utf8) }.prefix(limit))
    }

    func lanes(of partition: String?) -> [LaneCursor] { partitionedLanes[partition ?? ""] ?? [] }

    func read(_ lanes: [LaneCursor], wanted: Int) {}
}

extension MemoryTransaction {
    package func lanes(of queue: String, for request: LeaseRequest) -> any LaneSource {
        PendingRows(of: queue, for: request, tables)
    }

    package func row(_ job: PendingJob) -> JobRow? { row(job.id) }

    package func latestTurn(_ key: PartitionTurns.Key) -> String? { tables.turns.latest(key) }

    package func recordTurn(of partition: String, _ key: PartitionTurns.Key) {
        tables.turns.took(partition, key)
    }
}
