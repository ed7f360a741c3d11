import LonghaulCore
import LonghaulSQLite
import LonghaulStore

/// What must be true of a store that was opened again: it contains exactly what was committed.
struct Recovery {
    let world: World
    let machine: Machine

    private var auditor: Auditor { world.auditor }

    /// Tells the auditor of a transaction that failed but is in the log. Its callers never learn of it.
    func resolve() {
        guard let survivor = machine.takeSurvivor() else { return }
        world.trace.note(5, words: "-- a transaction that failed is in the log")
        world.auditClock.moment = survivor.moment
        defer { world.auditClock.moment = nil }
        for call in survivor.calls { auditor.follow(call.record, by: survivor.server) }
    }

    /// Compares the store with what the auditor knows.
    ///
    /// - Parameter isThorough: whether to run the checks of `longhaul doctor` too, which take half of the time.
    func check(_ store: SteppedStore, isThorough: Bool) {
        machine.prepare(isFaulty: false, isFull: false)
        auditor.forgetTurns()
        do {
            if isThorough { try examine(store) }
            try checkJobs(store)
            try checkWebhooks(store)
            let queues = try store.read { try $0.queues() }
            for queue in queues {
                guard let known = auditor.queues[queue.name] else { continue }
                if known.settings != queue.settings {
                    auditor.report("the queue \(queue.name) lost its settings")
                }
            }
        } catch {
            auditor.report("the store does not answer after it was opened: \(error)")
        }
    }

    private func examine(_ store: SteppedStore) throws {
        // No lease has expired for so long.
        for problem in try store.problems(at: world.now.adding(seconds: -86400)) {
            auditor.report("the store is damaged: \(problem)")
        }
    }

    private func checkJobs(_ store: SteppedStore) throws {
        let page = try store.read { reader in
            try reader.jobs(JobFilter(), after: nil, limit: .max, reading: JobReading(isSummary: true))
        }
        var missing = Set(auditor.jobs.filter { !$0.value.isRemoved }.keys)
        for job in page.jobs {
            missing.remove(job.id)
            let name = auditor.name(job.id)
            guard let model = auditor.jobs[job.id] else {
                auditor.report("\(name) is stored, but no commit reported it")
                continue
            }
            if model.isRemoved { auditor.report("\(name) was removed and is back") }
            if model.state != job.state || model.version != job.version || model.attempt != job.attempt {
                auditor.report(
                    "\(name) was committed as \(model.state.rawValue), version \(model.version), "
                        + "and is \(job.state.rawValue), version \(job.version), after a restart")
            }
        }
        for id in missing.sorted() { auditor.report("\(auditor.name(id)) was committed and is lost") }
    }

    private func checkWebhooks(_ store: SteppedStore) throws {
        guard world.scenario.webhooks > 0 else { return }
        var found: [WebhookDelivery] = []
        for state in WebhookDelivery.State.allCases {
            let filter = WebhookDeliveryFilter(state: state)
            found += try store.read {
                try $0.deliveries(filter, after: nil, limit: WebhookChecks.maxDeliveries)
            }
        }
        auditor.check(found)
    }
}
