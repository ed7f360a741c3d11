import LonghaulCore
import LonghaulFlaws
import LonghaulMemory
import LonghaulStore

/// Broken engines that split a call: they look first and write in a later transaction.
extension FaultyDriver {
    /// The time between looking and writing, in seconds.
    private static let lagSeconds = 0.5

    /// Runs a call in its transaction, or as the flaw does.
    func runFlawed<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        switch (world.flaw, plan.call) {
        case (.earlyDepthCheck, .submit(let submissions)), (.earlyKeyCheck, .submit(let submissions)):
            return try await checkEarly(submissions, body)
        case (.lostOutbox, .claim): return try cast([Lease]())
        case (.blindClaim, .claim(let request)): return try cast(try await claimBlindly(request))
        case (.blindReaper, .maintain(let limit)): return try cast(try await reapBlindly(limit))
        case (.blindTick, .fire(let firing)): return try cast(try fireBlindly(firing))
        case (.laterWebhook, _): return try storeWebhooksLater(plan.call, body)
        case (.nextApart, .complete(let completions)): return try cast(try completeApart(completions))
        case (.keptJob, .release(let tokens)) where Task.isCancelled:
            let answer = Result<Job, LonghaulError>.failure(DatabaseFault.busy.answer)
            return try cast(tokens.map { _ in answer })
        default: return try transact(plan.call) { try body($0) }
        }
    }

    private func cast<Value>(_ answer: Any) throws -> Value {
        guard let value = answer as? Value else {
            throw LonghaulError(.internal, "the flaw answers another call")
        }
        return value
    }

    private func lag() async {
        await world.scheduler.pause(seconds: Self.lagSeconds)
    }

    /// Submits; see ``Flaw/earlyDepthCheck`` and ``Flaw/earlyKeyCheck``.
    private func checkEarly<Value: Sendable>(
        _ submissions: [Submission], _ body: (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        let seen = try inner.rehearse { try body($0) }
        guard let outcomes = seen as? [SubmitOutcome] else { return seen }
        var digests: Set<[UInt8]> = []
        for (submission, outcome) in zip(submissions, outcomes) {
            switch outcome {
            case .created: digests.formUnion(submission.keys.map(\.digest))
            case .existing: break
            case .refused: return seen
            }
        }
        await lag()
        world.flawContext.keys = digests
        defer { world.flawContext.keys = nil }
        return try transact(.submit(submissions)) { try body($0) }
    }

    /// Claims; see ``Flaw/blindClaim``.
    private func claimBlindly(_ request: LeaseRequest) async throws -> [Lease] {
        let seen = try inner.rehearse { try $0.claim(request).map(\.token.jobID) }
        guard !seen.isEmpty else { return [] }
        await lag()
        return try transact(.claim(request)) { verbs in
            try seen.compactMap { id in try verbs.row(id).flatMap { try verbs.lease($0, for: request) } }
        }
    }

    /// Maintains; see ``Flaw/blindReaper``.
    private func reapBlindly(_ limit: Int) async throws -> Maintenance {
        let seen = try inner.rehearse { verbs in
            world.auditor.jobs.keys.sorted().filter { id in
                guard let row = try? verbs.row(id) else { return false }
                return row.leaseExpiresAt.map { $0 <= verbs.now } ?? false
            }
        }
        if !seen.isEmpty { await lag() }
        return try transact(.maintain(limit: limit)) { verbs in
            for id in seen {
                if var row = try verbs.row(id) { try verbs.fail(&row, .leaseExpired) }
            }
            return try verbs.maintain(limit: limit)
        }
    }

    /// Fires a schedule; see ``Flaw/blindTick``.
    private func fireBlindly(_ firing: ScheduleFiring) throws -> ScheduleOutcome {
        var firing = firing
        return try transact(.fire(firing)) { verbs in
            if let record = try verbs.schedule(firing.name) {
                firing.revision = record.revision
                firing.submission?.keys = []
                if let advance = firing.advance {
                    firing.advance = .init(from: record.nextRunAt ?? advance.from, to: advance.to)
                }
            }
            return try verbs.fireSchedule(firing)
        }
    }

    /// Completes, and submits the jobs that come next in a second transaction; see ``Flaw/nextApart``.
    private func completeApart(_ completions: [StoreCompletion]) throws -> [Result<Job, LonghaulError>] {
        let stripped = completions.map { StoreCompletion(token: $0.token, result: $0.result) }
        let answers = try transact(.complete(completions)) { verbs in
            try verbs.each(stripped) { try verbs.complete($0) }
        }
        if world.faultOccurs(world.scenario.crashes * 4) { life.end() }
        for (completion, answer) in zip(completions, answers) where life.isAlive {
            guard case .success = answer, !completion.next.isEmpty else { continue }
            _ = try? transact(nil) { try $0.submit(completion.next, allOrNothing: true) }
        }
        return answers
    }

    /// Runs a call, and stores the webhooks of the jobs that it ended in a second transaction; see ``Flaw/laterWebhook``.
    private func storeWebhooksLater<Value: Sendable>(
        _ call: StoreCall?, _ body: (any StoreTransaction) throws -> Value
    ) throws -> Value {
        world.flawContext.webhooks = []
        let value = try transact(call, body)
        let webhooks = world.flawContext.webhooks ?? []
        world.flawContext.webhooks = nil
        if !webhooks.isEmpty, world.faultOccurs(world.scenario.crashes * 4) { life.end() }
        guard !webhooks.isEmpty, life.isAlive else { return value }
        _ = try? transact(nil) { verbs in
            for webhook in webhooks {
                try verbs.insert(webhook.delivery, of: webhook.row, keeping: webhook.kept)
            }
        }
        return value
    }
}
