import LonghaulCore
import LonghaulSQLite
import LonghaulStore

/// The SQLite driver as a server's process uses it, on a simulated machine.
///
/// Calls wait for the writer, which is a task of the simulation: when it continues, it runs those that wait in one
/// transaction. A checkpoint runs at a moment of its own. The machine can stop at any operation on its disk.
final class SQLiteProcess: StoreDriver, @unchecked Sendable {
    private let world: World
    private let machine: Machine
    private let life: ProcessLife
    private let store: SteppedStore
    private let server = AuditedServer()
    private var waiting: [any RecordedCall] = []
    private var isCheckpointScheduled = false
    private var isClosed = false

    /// Opens the store.
    ///
    /// - Throws: `unavailable` if a fault of the machine prevents it.
    init(world: World, machine: Machine, life: ProcessLife) throws(LonghaulError) {
        self.world = world
        self.machine = machine
        self.life = life
        let faults = machine.faultCount
        machine.prepare(world)
        do {
            store = try machine.open(flaw: world.flaw, time: world.scheduler)
        } catch {
            // A log that remains may not be durable yet. The next opening decides.
            if !machine.hasLog { Recovery(world: world, machine: machine).resolve() }
            let isExcused = machine.isStopped || machine.faultCount > faults
            if !isExcused { world.auditor.report("the store cannot be opened: \(error)") }
            machine.note(in: world.trace)
            throw error
        }
        machine.note(in: world.trace)
        let recovery = Recovery(world: world, machine: machine)
        recovery.resolve()
        recovery.check(store, isThorough: world.dice.chance(300))
        machine.process = self
    }

    var outageTotals: OutageTotals { store.outageTotals }

    func configure(_ limits: StoreLimits) { store.configure(limits) }

    func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) {
        store.observe { [life] batch in
            if life.isAlive { observer(batch) }
        }
    }

    /// Closes the store, unless the process has died.
    func close() async {
        end()
    }

    /// Ends the process: closes its store, which fails on a machine that has stopped.
    func end() {
        guard !isClosed else { return }
        isClosed = true
        for call in waiting { call.fail(ProcessLife.over) }
        waiting = []
        store.close()
        machine.process = nil
    }

    // MARK: Calls

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Value
    ) async throws -> Value {
        try await enter()
        machine.prepare(world)
        defer { finishStep() }
        do {
            return try store.read(body)
        } catch {
            if error.code == .internal { world.auditor.report("the store failed by itself: \(error)") }
            throw error
        }
    }

    func write<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        try await enter()
        let value = try await withCheckedThrowingContinuation { continuation in
            add(AuditedCall(plan, world, server, continuation, body))
        }
        if world.dice.chance(500) { await world.scheduler.yield() }
        try life.check()
        return value
    }

    private func enter() async throws {
        try life.check()
        for _ in 0..<world.dice.below(3) { await world.scheduler.yield() }
        if world.faultOccurs(world.scenario.delays / 8) {
            await world.scheduler.pause(seconds: world.dice.seconds(0.001...1.5))
        }
        try life.check()
        if isClosed { throw LonghaulError(.unavailable, "the store is closed") }
    }

    private func add(_ call: any RecordedCall) {
        waiting.append(call)
        guard waiting.count == 1 else { return }
        Task { [self] in
            for _ in 0..<world.dice.below(4) { await world.scheduler.yield() }
            runWaiting()
        }
    }

    /// Runs the calls that wait in one transaction.
    private func runWaiting() {
        guard !isClosed, !waiting.isEmpty else { return }
        let calls = waiting
        waiting = []
        let moment = world.now
        server.begin(at: moment)
        let snapshot = server.copy()
        let commits = machine.commits
        machine.prepare(world)
        store.run(calls.map { $0.inTransaction })
        let isWritten = machine.commits > commits
        let hasFailed = calls.contains(where: \.hasFailed)
        world.trace.note(
            6, UInt64(calls.count), hasFailed ? 1 : 0,
            words: "transaction of \(calls.count) calls"
                + (hasFailed ? " failed" : isWritten ? "" : " without changes"))
        if hasFailed {
            server.fail()
            world.auditor.forgetTurns()
            if isWritten {
                machine.remember(
                    UncertainTransaction(
                        commit: machine.writtenCommit, moment: moment, server: snapshot, calls: calls))
            }
        } else {
            server.succeed(at: moment, changedData: isWritten)
            if isWritten { machine.forgetUncertain() }
            if world.faultOccurs(world.scenario.crashes) {
                world.trace.fault("crash after commit")
                machine.stop()
            }
        }
        finishStep()
        scheduleCheckpoint()
    }

    /// Ends the process if its machine has stopped.
    private func finishStep() {
        machine.note(in: world.trace)
        if machine.isStopped { life.end() }
    }

    private func scheduleCheckpoint() {
        guard !isClosed, store.isCheckpointWaiting, !isCheckpointScheduled else { return }
        isCheckpointScheduled = true
        Task { [self] in
            await world.scheduler.pause(seconds: world.dice.chance(500) ? 0 : world.dice.seconds(0.001...2))
            isCheckpointScheduled = false
            guard !isClosed else { return }
            machine.prepare(world)
            store.checkpoint()
            finishStep()
        }
    }
}

extension Machine {
    /// Prepares the faults of the next step.
    fileprivate func prepare(_ world: World) {
        prepare(isFaulty: world.isFaulty, isFull: world.isFaulty && world.now < world.diskIsFullUntil)
    }
}

/// The store as the final checks read it.
final class SQLiteRemains: StoreDriver, @unchecked Sendable {
    private let store: SteppedStore

    init(_ store: SteppedStore) {
        self.store = store
    }

    var outageTotals: OutageTotals { store.outageTotals }
    func configure(_ limits: StoreLimits) {}
    func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) {}
    func close() async {}

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Value
    ) async throws -> Value {
        try store.read(body)
    }

    func write<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        throw LonghaulError(.unavailable, "the final checks only read")
    }
}
