import LonghaulCore
import LonghaulEngine
import LonghaulStore

/// The queues and the routing table that every run begins with.
enum Fixtures {
    static let limited = "limited"
    static let small = "small"
    /// Jobs of this kind name no queue. The routing table sends them to `small`, or to `default` if they are too large.
    static let sizedKind = "sized"
    static let maxSize: Int64 = 10
    static let queues = ["default", "bounded", limited, small]

    static let routing = RoutingTable(
        rules: [small, "default"].map { RoutingTable.Rule(kinds: ["\(sizedKind)*"], queue: $0) })

    /// Starts the servers, with the queues and the routing table stored.
    ///
    /// Over memory they are stored before the servers start. Over SQLite a server stores them under faults, so that faults
    /// also strike the opening of a new store.
    static func start(_ cluster: Cluster, in world: World) async {
        guard world.machine != nil else {
            await store(in: world)
            return await cluster.start()
        }
        await cluster.start()
        await repeatUntilAnswered(world) { [routing] in
            _ = try await cluster.call { try await $0.setRouting(routing) }
        }
        for (name, settings) in settings(world) {
            await repeatUntilAnswered(world) {
                _ = try await cluster.call { try await $0.setQueue(name, settings) }
            }
        }
    }

    private static func store(in world: World) async {
        let store = Store(FaultyDriver(world: world, life: ProcessLife {}))
        world.isFaulty = false
        defer { world.isFaulty = true }
        do {
            try await store.setRouting(routing)
            for (name, settings) in settings(world) { _ = try await store.setQueue(name, settings) }
        } catch {
            world.auditor.report("the queues cannot be set: \(error)")
        }
    }

    /// Makes a call until it is answered, or a rule is broken: a store that cannot be opened never answers.
    static func repeatUntilAnswered(_ world: World, _ call: () async throws -> Void) async {
        while world.auditor.violations.isEmpty, (try? await call()) == nil {
            await world.scheduler.pause(seconds: 1)
        }
    }

    private static func settings(_ world: World) -> [(queue: String, settings: QueueSettings)] {
        let isBounded = world.scenario.isPunctual
        return [(small, QueueSettings(maxSize: maxSize)), (limited, limitedSettings(world))]
            + (isBounded ? [("bounded", QueueSettings(maxConcurrency: world.scenario.maxConcurrency))] : [])
    }

    /// Settings of the limited queue.
    static func limitedSettings(_ world: World) -> QueueSettings {
        QueueSettings(rateLimit: world.scenario.rateLimit, partitionBy: "tenant")
    }
}
