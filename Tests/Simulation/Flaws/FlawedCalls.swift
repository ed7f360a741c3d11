import LonghaulCore
import LonghaulMemory
import LonghaulStore

/// Broken engines that change what reaches the rules: a call that looks first and writes in a later transaction, or
/// a token that is not the caller's.
extension SimulatedStore {
    /// The time between looking and writing, in seconds.
    private static let lagSeconds = 0.05

    private func lag() async {
        await world.scheduler.pause(seconds: Self.lagSeconds)
    }

    // MARK: Look first, write later

    /// Submits; see ``Flaw/earlyDepthCheck`` and ``Flaw/earlyKeyCheck``.
    func flawedSubmit(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome] {
        guard world.flaw == .earlyDepthCheck || world.flaw == .earlyKeyCheck else {
            return try await inner.submit(submissions, allOrNothing: allOrNothing)
        }
        let seen = try inner.driver.rehearse { try $0.submit(submissions, allOrNothing: allOrNothing) }
        var digests: Set<[UInt8]> = []
        for (submission, outcome) in zip(submissions, seen) {
            switch outcome {
            case .created: digests.formUnion(submission.keys.map(\.digest))
            case .existing: break
            case .refused: return seen
            }
        }
        await lag()
        world.checked.keys = digests
        defer { world.checked.keys = nil }
        return try await inner.submit(submissions, allOrNothing: allOrNothing)
    }

    /// Claims; see ``Flaw/blindClaim``.
    func flawedClaim(_ request: LeaseRequest) async throws -> [Lease] {
        guard world.flaw == .blindClaim else { return try await inner.claim(request) }
        let seen = try inner.driver.rehearse { try $0.claim(request).map(\.token.jobID) }
        guard !seen.isEmpty else { return [] }
        await lag()
        return try inner.driver.transact { verbs in
            try seen.compactMap { id in try verbs.row(id).flatMap { try verbs.lease($0, for: request) } }
        }
    }

    /// Maintains; see ``Flaw/blindReaper``.
    func flawedMaintain(limit: Int) async throws -> Maintenance {
        guard world.flaw == .blindReaper else { return try await inner.maintain(limit: limit) }
        let seen = try inner.driver.rehearse { verbs in
            world.auditor.jobs.keys.sorted().filter { id in
                guard let row = try? verbs.row(id) else { return false }
                return row.leaseExpiresAt.map { $0 <= verbs.now } ?? false
            }
        }
        if !seen.isEmpty { await lag() }
        return try inner.driver.transact { verbs in
            for id in seen {
                if var row = try verbs.row(id) { try verbs.fail(&row, .leaseExpired) }
            }
            return try verbs.maintain(limit: limit)
        }
    }

    /// Fires a schedule; see ``Flaw/blindTick``.
    func flawedFire(_ firing: ScheduleFiring) async throws -> ScheduleOutcome {
        var firing = firing
        if world.flaw == .blindTick, let record = try await inner.schedule(firing.name) {
            firing.revision = record.revision
            firing.submission?.keys = []
            if let advance = firing.advance {
                firing.advance = .init(from: record.nextRunAt ?? advance.from, to: advance.to)
            }
        }
        return try await inner.fireSchedule(firing)
    }

    // MARK: Tokens

    /// The token that reaches the rules in place of a caller's; see ``Flaw/noFence`` and ``Flaw/openCancel``.
    func flawed(_ token: LeaseToken) -> LeaseToken {
        guard world.flaw == .noFence || world.flaw == .openCancel else { return token }
        let present = try? inner.driver.transact { verbs -> LeaseToken? in
            guard var row = try verbs.row(token.jobID) else { return nil }
            switch (world.flaw, row.job.state) {
            case (.noFence, .processing): break
            case (.openCancel, .cancelled) where row.matches(token):
                row.job.state = .processing
                row.leaseExpiresAt = verbs.now
                try verbs.save(row)
            default: return nil
            }
            return LeaseToken(jobID: token.jobID, fence: row.fence, secret: row.secret)
        }
        return (present ?? nil) ?? token
    }

    /// A completion with the token that reaches the rules.
    func flawed(_ completion: StoreCompletion) -> StoreCompletion {
        var completion = completion
        completion.token = flawed(completion.token)
        return completion
    }

    /// A heartbeat; see ``Flaw/undeadHeartbeat``.
    func flawedHeartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        var sent = heartbeat
        sent.beats = heartbeat.beats.map { beat in
            var beat = beat
            beat.token = flawed(beat.token)
            return beat
        }
        var outcome = try await inner.heartbeat(sent)
        let given = Dictionary(
            zip(sent.beats, heartbeat.beats).map { ($0.token, $1.token) },
            uniquingKeysWith: { first, _ in first })
        outcome.renewed = outcome.renewed.map {
            .init(token: given[$0.token] ?? $0.token, expiresAt: $0.expiresAt)
        }
        outcome.lost = outcome.lost.map { given[$0] ?? $0 }
        guard world.flaw == .undeadHeartbeat else { return outcome }
        let undead = try outcome.lost.filter { token in
            try inner.driver.rehearse { verbs in
                try verbs.row(token.jobID).map { $0.matches(token) && !$0.job.state.isFinal } ?? false
            }
        }
        outcome.lost.removeAll(where: undead.contains)
        outcome.renewed += undead.map { .init(token: $0, expiresAt: world.now.adding(seconds: 1)) }
        return outcome
    }
}
