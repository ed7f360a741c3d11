import LonghaulCore
import LonghaulTestSupport

/// Random operator actions, and maintenance.
extension RandomWalk {
    private func someJobs() -> [JobID] {
        (0...below(3)).compactMap { _ in pickJob() }
    }

    func cancel() async {
        let ids = someJobs()
        let answers = await t.store.cancel(ids)
        for (id, answer) in zip(ids, answers) { model.cancel(id, answer) }
    }

    func cancelDescendants() async throws {
        guard let id = pickJob() else { return }
        let limit = 1 + below(3)
        let count = try await t.store.cancelDescendants(of: id, limit: limit)
        // A dependent of a cancelled job is cancelled with an error of its own type.
        let chosen = newChanges().filter { $0.state == .cancelled && $0.error?.type != "dependency_failed" }
        model.cancelDescendants(of: id, limit: limit, count, cancelled: chosen.map(\.jobID))
    }

    func retry() async {
        let ids = someJobs()
        let answers = await t.store.retry(ids)
        for (id, answer) in zip(ids, answers) { model.retry(id, answer) }
    }

    func edit() async throws {
        guard let id = pickJob() else { return }
        var edit = JobEdit()
        if oneIn(2) { edit.priority = below(10) }
        if oneIn(3) { edit.runAt = t.time.now().adding(seconds: Double(below(60) - 10)) }
        if oneIn(3) { edit.tags = ["tenant": oneIn(4) ? nil : "\(below(3))"] }
        let answer = try await result { [edit] in try await t.store.edit(id, edit) }
        model.edit(id, edit, answer)
    }

    func delete() async {
        let ids = someJobs()
        let answers = await t.store.delete(ids)
        for (id, answer) in zip(ids, answers) { model.delete(id, answer) }
    }

    func resolveDeadLetters() async {
        let ids = someJobs()
        let action: DeadLetterAction = oneIn(2) ? .redrive : .discard
        var filter = JobFilter()
        if oneIn(2) { filter.errorType = "x" }
        let answers = await t.store.resolveDeadLetters(ids, by: action, matching: filter)
        for (id, answer) in zip(ids, answers) {
            model.apply(action, to: id, errorType: filter.errorType, answer)
        }
    }

    func setQueue() async throws {
        let name = "queue\(below(3))"
        var settings = QueueSettings()
        if oneIn(2) {
            if oneIn(3) { settings.maxDepth = 1 + below(8) }
            if oneIn(3) { settings.maxWaiting = 1 + below(8) }
            if oneIn(3) { settings.maxConcurrency = 1 + below(3) }
            if oneIn(3) {
                settings.rateLimit = RateLimit(jobs: 1 + below(3), periodSeconds: 4, burst: 1 + below(5))
            }
            if oneIn(3) { settings.partitionBy = "tenant" }
            settings.paused = oneIn(6)
        }
        _ = try await t.store.setQueue(name, settings)
        model.setQueue(name, settings)
    }

    func deleteQueue() async throws {
        let name = "queue\(below(4))"
        let answer = try await result { try await t.store.deleteQueue(name) }
        model.deleteQueue(name, answer)
    }

    /// Lets time pass, and mostly maintains.
    func maintain() async throws {
        t.time.advance(seconds: Double(below(80)) / 4)
        model.now = t.time.now()
        guard !oneIn(4) else { return }
        let limit = oneIn(3) ? 1 + below(4) : 100
        let round = try await t.store.maintain(limit: limit)
        model.maintain(limit: limit, round, newChanges())
    }
}
