import LonghaulCore
import LonghaulFlaws
import LonghaulMemory
import LonghaulStore

/// The memory driver as one server's process uses it. The shipped `Store` runs over it.
///
/// Faults strike when a transaction begins, at each verb, at the commit and right after it: the database is busy, the
/// disk is full, the answer to a commit is lost, or the process crashes. A crashed process has no further effect.
///
/// The auditor sits between these faults and the database, so it sees what was committed.
final class FaultyDriver: StoreDriver, @unchecked Sendable {
    let world: World
    let life: ProcessLife
    let inner: MemoryDriver
    private let audited = AuditedServer()
    /// Whether the answer to the current commit will be lost.
    private var isCutOff = false
    /// What a broken engine of this server misses; see ``Flaw``.
    let missedChanges = MissedChanges()
    private lazy var listener = world.notifications.listener(life: life)

    init(world: World, life: ProcessLife) {
        self.world = world
        self.life = life
        inner = MemoryStore.openDriver(world.database).driver
    }

    var outageTotals: OutageTotals { inner.outageTotals }

    func configure(_ limits: StoreLimits) { inner.configure(world.flaw?.flawed(limits) ?? limits) }

    func close() async { await inner.close() }

    func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) {
        let deliver = { @Sendable [world, missedChanges] (batch: ChangeBatch) in
            observer(missedChanges.noticed(batch, flaw: world.flaw))
        }
        listener.changes = deliver
        inner.observe { [weak self, world, life, audited] batch in
            world.auditor.observe(batch, by: audited)
            if batch.changes.contains(where: { $0.state == .pending }) {
                world.scheduler.wake(world.jobIsPending)
            }
            guard let self, life.isAlive, !isCutOff else { return }
            world.notifications.publish(batch, from: listener)
            deliver(batch)
        }
    }

    func observeSettings(_ observer: @escaping @Sendable () -> Void) { listener.settings = observer }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Value
    ) async throws -> Value {
        try await enter()
        let value = try await inner.read(body)
        missedChanges.reads += 1
        defer { missedChanges.reads -= 1 }
        await missedChanges.delay(world)
        try await leave()
        return value
    }

    func write<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        try await enter()
        if world.isFaulty, world.now < world.diskIsFullUntil {
            world.trace.fault("full disk")
            throw DatabaseFault.fullDisk.answer
        }
        let value = try await runFlawed(plan, body)
        let isRound = if case .maintain = plan.call { true } else { false }
        if isRound { missedChanges.rounds += 1 }
        defer { if isRound { missedChanges.rounds -= 1 } }
        if isRound { await missedChanges.delay(world) }
        if world.faultOccurs(world.scenario.crashes) {
            world.trace.fault("crash after commit")
            life.end()
        }
        try await leave()
        return value
    }

    /// Runs a body in one transaction, in which faults may strike. It does not suspend.
    func transact<Value: Sendable>(
        _ call: StoreCall?, _ body: (any StoreTransaction) throws -> Value
    ) throws -> Value {
        world.willWrite()
        audited.begin(at: world.now)
        let expectation = call.map { world.auditor.willRun($0, by: audited) }
        let plan = PlannedFault(world)
        isCutOff = world.faultOccurs(world.scenario.lostCommits)
        defer { isCutOff = false }
        world.flawContext.call = call
        do {
            let value = try inner.transact { verbs in
                let faulty = FaultyTransaction(inner: verbs, fault: plan)
                let value = try body(world.flaw?.wrap(faulty, context: world.flawContext) ?? faulty)
                try plan.commit()
                return value
            }
            world.auditor.committed(plan.effects)
            if plan.changesSettings { world.notifications.announceSettings(from: listener) }
            if let expectation { world.auditor.answered(expectation, value, by: audited) }
            if isCutOff {
                // The port promises more, but a store behind a network may not be able to keep it.
                world.trace.fault("lost commit")
                throw LonghaulError(.unavailable, "the connection to the database was lost")
            }
            return value
        } catch let fault as DatabaseFault {
            audited.rollBack()
            world.trace.fault("\(fault.rawValue) inside a transaction")
            world.punctuality.disturb()
            if fault == .crash { life.end() }
            throw fault.answer
        } catch let error as LonghaulError where !isCutOff {
            if let expectation { world.auditor.refused(expectation, error) }
            throw error
        }
    }

    private func enter() async throws {
        try life.check()
        for _ in 0..<world.dice.below(3) { await world.scheduler.yield() }
        await delay()
        try life.check()
        if world.faultOccurs(world.scenario.busy) {
            world.trace.fault("busy database")
            world.punctuality.disturb()
            throw DatabaseFault.busy.answer
        }
    }

    /// Lets other tasks run before the caller gets the answer. So their commits, hints and plans fall between the answer
    /// and what the engine does with it.
    private func leave() async throws {
        if world.scenario.isPunctual {
            for _ in 0..<world.dice.below(4) { await world.scheduler.yield() }
            await delay()
        } else if world.dice.chance(500) {
            await world.scheduler.yield()
        }
        try life.check()
    }

    private func delay() async {
        guard world.faultOccurs(world.scenario.slowCalls) else { return }
        let seconds = world.dice.seconds(0.001...1.5)
        world.punctuality.disturb(seconds: seconds)
        await world.scheduler.pause(seconds: seconds)
    }
}
