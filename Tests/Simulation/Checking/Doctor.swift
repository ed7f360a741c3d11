import LonghaulCore
import LonghaulMemory
import LonghaulStore

/// Runs the check of `longhaul doctor` for blocked jobs, on correct and on damaged rows.
///
/// It does not suspend, so the servers never see a damaged row.
struct Doctor {
    let world: World
    private let store: Store<MemoryDriver>

    init(world: World) {
        self.world = world
        store = MemoryStore.openDriver(world.database)
        let server = AuditedServer()
        store.observe { world.auditor.observe($0, by: server) }
    }

    /// Checks that the doctor finds nothing wrong.
    func check() {
        attempt("check") {
            for problem in try store.driver.transact({ try $0.checkBlockedJobs(isRepairing: false) }) {
                world.auditor.report("the doctor complains without a reason: \(problem)")
            }
        }
    }

    /// Damages a blocked job, and checks that the doctor finds and repairs it.
    func damageAndRepair() {
        attempt("repair") {
            guard let id = world.dice.pick(try store.driver.transact { $0.blockedJobs }) else { return }
            let isDamaged = try store.driver.transact { try damage(id, $0) }
            guard isDamaged else { return }
            world.trace.fault("damaged row", world.auditor.name(id))
            let found = try store.driver.transact { try $0.checkBlockedJobs(isRepairing: true) }
            if found.isEmpty {
                world.auditor.report("the doctor missed a damaged row of \(world.auditor.name(id))")
            }
        }
        check()
    }

    /// Changes the counts of a blocked job, or removes the edges to one of its dependencies. Returns whether it changed
    /// anything.
    private func damage(_ id: JobID, _ verbs: any MemoryVerbs) throws -> Bool {
        guard var row = try verbs.row(id) else { return false }
        let dependencies = try row.job.dependsOn.compactMap { try verbs.row($0) }
        if world.dice.chance(500) {
            let before = row.waitingOn
            row.waitingOn = world.dice.below(4)
            try verbs.update(row)
            return row.waitingOn != before
        }
        guard let other = world.dice.pick(dependencies.filter { !$0.job.state.isFinal }) else { return false }
        var hadEdge = false
        try verbs.resolveDependents(of: other) { if $0.job.id == id { hadEdge = true } }
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
