import LonghaulCore
import LonghaulMemory
import LonghaulStore

/// Runs the check of `longhaul doctor` for blocked jobs, on correct and on damaged rows.
///
/// It does not suspend, so the servers never see a damaged row.
struct Doctor {
    private static let blocked = StoreCheck<MemoryTransaction, MemoryTransaction>.blocked

    let world: World
    private let store: Store<MemoryDriver>

    /// - Returns: nil over SQLite, whose checks ``Recovery`` runs.
    init?(world: World) {
        guard world.machine == nil else { return nil }
        self.world = world
        store = MemoryStore.openDriver(world.database)
        let server = AuditedServer()
        store.observe { world.auditor.observe($0, by: server) }
    }

    /// Checks that the doctor finds nothing wrong.
    func check() {
        attempt("check") {
            let found = try look()
            guard found.count > 0 else { return }
            world.auditor.report("the doctor complains without a reason: \(found.example ?? "")")
        }
    }

    /// Damages a blocked job, and checks that the doctor finds and repairs it.
    func damageAndRepair() {
        attempt("repair") {
            var ids: [JobID] = []
            try store.driver.transact { try $0.eachRow(.blocked) { ids.append($0.job.id) } }
            guard let id = world.dice.pick(ids) else { return }
            let isDamaged = try store.driver.transact { try damage(id, $0) }
            guard isDamaged else { return }
            world.trace.fault("damaged row", world.auditor.name(id))
            if try look().count == 0 {
                world.auditor.report("the doctor missed a damaged row of \(world.auditor.name(id))")
            }
            if let repair = Self.blocked.repair { try store.driver.transact { try repair($0) } }
        }
        check()
    }

    private func look() throws -> Symptom {
        try store.driver.transact { try Self.blocked.look($0, $0.now) }
    }

    /// Changes the counts of a blocked job, or removes the edges to one of its dependencies. Returns whether it changed
    /// anything.
    private func damage(_ id: JobID, _ transaction: MemoryTransaction) throws -> Bool {
        guard var row = transaction.row(id) else { return false }
        let dependencies = row.job.dependsOn.compactMap { transaction.row($0) }
        if world.dice.chance(500) {
            let before = row.waitingOn
            row.waitingOn = world.dice.below(4)
            transaction.update(row)
            return row.waitingOn != before
        }
        guard let other = world.dice.pick(dependencies.filter { !$0.job.state.isFinal }) else { return false }
        var hadEdge = false
        try transaction.resolveDependents(of: other) { if $0.job.id == id { hadEdge = true } }
        return hadEdge
    }

    private func attempt(_ name: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            world.auditor.report("the doctor cannot \(name): \(error)")
        }
    }
}
