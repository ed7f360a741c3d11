import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulStore

/// The store as one server's process sees it: now and then the database is busy, the disk full, or the process
/// dies right before a commit or right after one. From then on nothing it does has any effect, and nothing
/// reaches it.
///
/// The auditor stands between these faults and the database: it sees what was really committed.
final class SimulatedStore: JobStore, @unchecked Sendable {
    let world: World
    let life: ProcessLife
    let inner: Store<MemoryDriver>
    let audited = AuditedServer()
    /// Whether the answer to the present commit will not arrive.
    private var isCutOff = false

    init(world: World, life: ProcessLife) {
        self.world = world
        self.life = life
        inner = MemoryStore.openDriver(world.database)
    }

    func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) {
        inner.observe { [weak self, world, life, audited] batch in
            world.auditor.observe(batch, by: audited)
            if life.isAlive, self?.isCutOff == false { observer(batch) }
        }
    }

    func configure(_ limits: StoreLimits) {
        inner.configure(limits)
    }

    /// Makes a call that writes.
    func write<Value>(_ name: StaticString, _ body: () async throws -> Value) async throws -> Value {
        try await enter(name)
        if world.isTroubled, world.now < world.diskIsFullUntil {
            world.trace.fault("full disk", "\(name)")
            throw LonghaulError(.unavailable, "no space left on device")
        }
        if world.strikes(world.scenario.crashes) {
            world.trace.fault("crash before commit", "\(name)")
            life.end()
            throw ProcessLife.over
        }
        world.willWrite()
        isCutOff = world.strikes(world.scenario.lostCommits)
        defer { isCutOff = false }
        audited.begin(at: world.now)
        let value = try await body()
        if isCutOff {
            // The port promises more, but a store behind a network may not be able to keep it.
            world.trace.fault("lost commit", "\(name)")
            throw LonghaulError(.unavailable, "the connection to the database was lost")
        }
        if world.strikes(world.scenario.crashes) {
            world.trace.fault("crash after commit", "\(name)")
            life.end()
        }
        try await leave()
        return value
    }

    /// Makes a call that writes and answers each entry.
    func writeEach<Entry, Value>(
        _ name: StaticString, _ entries: [Entry], _ body: () async -> [Result<Value, LonghaulError>]
    ) async -> [Result<Value, LonghaulError>] {
        do {
            return try await write(name, body)
        } catch {
            let fault = (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)")
            return entries.map { _ in .failure(fault) }
        }
    }

    /// Makes a call that only reads.
    func read<Value>(_ name: StaticString, _ body: () async throws -> Value) async throws -> Value {
        try await enter(name)
        let value = try await body()
        try await leave()
        return value
    }

    private func enter(_ name: StaticString) async throws {
        try life.check()
        for _ in 0..<world.dice.below(3) { await world.scheduler.yield() }
        if world.strikes(world.scenario.delays / 8) {
            await world.scheduler.pause(seconds: world.dice.seconds(0.001...1.5))
        }
        try life.check()
        if world.strikes(world.scenario.busy) {
            world.trace.fault("busy database", "\(name)")
            throw LonghaulError(.unavailable, "the database is busy")
        }
    }

    private func leave() async throws {
        if world.dice.chance(500) { await world.scheduler.yield() }
        try life.check()
    }
}

/// Whether a process lives. When it ends, whoever looks after it is told.
final class ProcessLife: @unchecked Sendable {
    static let over = LonghaulError(.unavailable, "the process is gone")

    private(set) var isAlive = true
    private let onEnd: () -> Void

    init(onEnd: @escaping () -> Void) {
        self.onEnd = onEnd
    }

    /// Ends the process at once.
    func end() {
        guard isAlive else { return }
        isAlive = false
        onEnd()
    }

    /// Throws if the process is gone.
    func check() throws {
        if !isAlive { throw Self.over }
    }
}
