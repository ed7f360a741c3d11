import LonghaulCore
import LonghaulEngine
import LonghaulStore

/// The servers, and the network to them.
final class Cluster: @unchecked Sendable {
    /// A server's process.
    final class Server: Sendable {
        let number: Int
        let life: ProcessLife
        let engine: Engine

        init(number: Int, life: ProcessLife, engine: Engine) {
            self.number = number
            self.life = life
            self.engine = engine
        }
    }

    /// The number of broken rules after which no server starts again.
    private static let maxViolations = 20

    private let world: World
    private var servers: [Server] = []
    /// The tasks that stop servers that died, and start their successors.
    private var repairs: [Task<Void, Never>] = []
    private var isClosing = false

    init(world: World) {
        self.world = world
    }

    /// Starts every server.
    func start() async {
        for number in 1...world.scenario.servers { await start(number) }
    }

    private func start(_ number: Int) async {
        // A store that cannot be opened never will be.
        guard !isClosing, world.auditor.violations.count < Self.maxViolations else { return }
        let life = ProcessLife { [weak self] in self?.died(number) }
        do {
            let server = try make(number, life)
            try await server.engine.start()
            guard life.isAlive else { return await server.engine.stop() }
            servers.append(server)
            world.trace.note(1, UInt64(number), words: "server \(number) is up")
        } catch {
            // The store is unavailable: the process ends, and another one starts.
            life.end()
        }
    }

    private func make(_ number: Int, _ life: ProcessLife) throws -> Server {
        let world = world
        let store = try world.openStore(life)
        var queue: any JobQueue =
            world.scenario.hasBroker
            ? BrokerQueue(broker: world.broker, life: life) : StoreQueue(time: world.scheduler)
        if let flaw = world.flaw, flaw.isInQueue { queue = FlawedQueue(queue, flaw: flaw) }
        var configuration = EngineConfiguration()
        configuration.artifactSweepSeconds = 30
        configuration.limits.outageSeconds = AuditedServer.outageSeconds
        configuration.limits.ageingSeconds = world.scenario.ageingSeconds
        // So that most forks take several transactions.
        configuration.limits.journal.copiedOperations = 3
        if world.scenario.webhooks > 0 {
            configuration.webhooks = world.receivers.settings(of: life)
            configuration.limits.webhookRetrySeconds = world.scenario.webhookRetrySeconds
        }
        if world.scenario.isPunctual {
            configuration.slowPollSeconds = 3600
            configuration.maintenanceSeconds = 3600
            configuration.reconcileSeconds = 3600
        }
        let engine = Engine(
            store: store, queue: queue, artifacts: SimulatedArtifacts(world.artifacts, life: life),
            configuration: configuration,
            time: world.scheduler, random: world.dice)
        return Server(number: number, life: life, engine: engine)
    }

    /// Stops the engine of a server that died, and starts the server again after a pause.
    private func died(_ number: Int) {
        world.losePower()
        let remains = servers.filter { $0.number == number }
        servers.removeAll { $0.number == number }
        let pause = world.isFaulty ? world.dice.seconds(0.1...8) : 0.1
        repairs.append(
            Task { [self] in
                for server in remains { await server.engine.stop() }
                await world.scheduler.pause(seconds: pause)
                await start(number)
            })
    }

    /// Kills a random server.
    func killOne() {
        guard let server = world.dice.pick(servers) else { return }
        world.trace.fault("kill", "server \(server.number)")
        server.life.end()
    }

    /// Stops every server normally.
    func stop() async {
        isClosing = true
        while let repair = repairs.popLast() { await repair.value }
        for server in servers { await server.engine.stop() }
        servers = []
    }

    /// Makes a call over the network, which may lose the request or the answer.
    ///
    /// - Throws: the error of the server; `unavailable` if the outcome is unknown.
    func call<Value: Sendable>(
        _ body: @escaping @Sendable (Engine) async throws -> Value
    ) async throws -> Value {
        await transit()
        if world.faultOccurs(world.scenario.losses) {
            world.trace.fault("lost request")
            throw Self.cut
        }
        guard let server = world.dice.pick(servers) else { throw Self.cut }
        let value: Value
        if world.faultOccurs(world.scenario.losses) {
            value = try await callAndDisconnect(server, body)
        } else {
            value = try await body(server.engine)
        }
        try server.life.check()
        await transit()
        if world.faultOccurs(world.scenario.losses) {
            world.trace.fault("lost answer")
            throw Self.cut
        }
        return value
    }

    private static let cut = LonghaulError(.unavailable, "the connection was cut")

    /// Makes a call whose caller disconnects after a random time. The server notices that, and cancels the call.
    private func callAndDisconnect<Value: Sendable>(
        _ server: Server, _ body: @escaping @Sendable (Engine) async throws -> Value
    ) async throws -> Value {
        let timeout = world.dice.seconds(0.001...(world.scenario.isPunctual ? 60 : 3))
        return try await withThrowingTaskGroup(of: Value.self) { [world] group in
            group.addTask { try await body(server.engine) }
            group.addTask {
                // A call that ends while jobs are leased may get a hint or a job that it cannot use.
                let signal = world.scenario.isPunctual ? world.jobIsPending : nil
                try await world.scheduler.sleep(until: world.now.adding(seconds: timeout), or: signal)
                for _ in 0..<(signal == nil ? 0 : world.dice.below(6)) { await world.scheduler.yield() }
                world.trace.fault("caller disconnected")
                throw Self.cut
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw Self.cut }
            return value
        }
    }

    private func transit() async {
        if world.dice.chance(300) {
            await world.scheduler.pause(seconds: world.dice.seconds(0.001...0.2))
        } else {
            await world.scheduler.yield()
        }
    }
}
