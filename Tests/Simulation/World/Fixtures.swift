import LonghaulCore
import LonghaulStore

/// The queues and the routing table that every run begins with.
enum Fixtures {
    static let limited = "limited"
    static let small = "small"
    /// Jobs of this kind name no queue. The routing table sends them to `small`, or to `default` if they are too large.
    static let sizedKind = "sized"
    static let maxSize: Int64 = 10
    static let queues = ["default", "bounded", limited, small]

    /// Stores them before the servers start.
    static func store(in world: World) async {
        let store = Store(FaultyDriver(world: world, life: ProcessLife {}))
        world.isFaulty = false
        defer { world.isFaulty = true }
        let rules = [small, "default"].map { RoutingTable.Rule(kinds: ["\(sizedKind)*"], queue: $0) }
        do {
            try await store.setRouting(RoutingTable(rules: rules))
            _ = try await store.setQueue(small, QueueSettings(maxSize: maxSize))
            _ = try await store.setQueue(limited, limitedSettings(world))
        } catch {
            world.auditor.report("the queues cannot be set: \(error)")
        }
    }

    /// Settings of the limited queue.
    static func limitedSettings(_ world: World) -> QueueSettings {
        QueueSettings(rateLimit: world.scenario.rateLimit, partitionBy: "tenant")
    }
}
