import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulStore

/// The calls in which the auditor takes an interest.
extension SimulatedStore {
    func submit(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome] {
        try await write("submit") {
            world.auditor.willSubmit(submissions, isBounded: true)
            let outcomes = try await flawedSubmit(submissions, allOrNothing: allOrNothing)
            world.auditor.submitted(submissions, outcomes)
            return outcomes
        }
    }

    func claim(_ request: LeaseRequest) async throws -> [Lease] {
        try await write("claim") {
            if world.flaw == .lostOutbox { return [] }
            let leases = try await flawedClaim(request)
            world.auditor.claimed(leases)
            return leases
        }
    }

    func claim(_ ids: [JobID], for request: LeaseRequest) async throws -> [Lease] {
        try await write("claim by identifiers") {
            let leases = try await inner.claim(ids, for: request)
            world.auditor.claimed(leases)
            return leases
        }
    }

    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await write("heartbeat") {
            let held = heartbeat.beats.map { world.auditor.isHeld($0.token, by: audited) }
            let outcome = try await flawedHeartbeat(heartbeat)
            world.auditor.beat(heartbeat, held, outcome)
            return outcome
        }
    }

    func complete(_ completions: [StoreCompletion]) async -> [Result<Job, LonghaulError>] {
        await writeEach("complete", completions) {
            let held = completions.map {
                world.auditor.isHeld($0.token, by: audited) || world.auditor.isRepeat($0)
            }
            for completion in completions { world.auditor.willSubmit(completion.next, isBounded: false) }
            let answers =
                world.flaw == .nextApart
                ? await completeApart(completions)
                : await inner.complete(completions.map { flawed($0) })
            for (index, answer) in answers.enumerated() {
                world.auditor.ended(completions[index].token, by: "complete", held[index], answer)
                if case .success = answer { world.auditor.completed(completions[index]) }
            }
            return answers
        }
    }

    func fail(_ failures: [Failure]) async -> [Result<Job, LonghaulError>] {
        await writeEach("fail", failures) {
            let held = failures.map { world.auditor.isHeld($0.token, by: audited) }
            let answers = await inner.fail(
                failures.map { failure in
                    var failure = failure
                    failure.token = flawed(failure.token)
                    return failure
                })
            for (index, answer) in answers.enumerated() {
                world.auditor.ended(failures[index].token, by: "fail", held[index], answer)
            }
            return answers
        }
    }

    func release(_ tokens: [LeaseToken]) async -> [Result<Job, LonghaulError>] {
        await writeEach("release", tokens) {
            let held = tokens.map { world.auditor.isHeld($0, by: audited) }
            let answers = await inner.release(tokens.map(flawed))
            for (index, answer) in answers.enumerated() {
                world.auditor.ended(tokens[index], by: "release", held[index], answer)
            }
            return answers
        }
    }

    func forgetWorker(_ id: String) async throws -> [LeaseToken]? {
        try await write("forget worker") { try await inner.forgetWorker(id) }
    }

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await held(token, "append logs") { try await inner.appendLogs(flawed(token), lines) }
    }

    func putArtifact(_ token: LeaseToken, _ artifact: Artifact) async throws {
        try await held(token, "put artifact") { try await inner.putArtifact(flawed(token), artifact) }
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await held(token, "put step") {
            try await inner.putStep(flawed(token), name: name, output: output)
        }
    }

    /// Makes a call that only the present token may make.
    private func held<Value>(
        _ token: LeaseToken, _ name: StaticString, _ body: () async throws -> Value
    ) async throws -> Value {
        try await write(name) {
            let isHeld = world.auditor.isHeld(token, by: audited)
            do {
                let value = try await body()
                world.auditor.used(token, by: "\(name)", isHeld, nil)
                return value
            } catch {
                world.auditor.used(token, by: "\(name)", isHeld, error as? LonghaulError)
                throw error
            }
        }
    }

    func delete(_ ids: [JobID]) async -> [Result<Void, LonghaulError>] {
        await writeEach("delete", ids) {
            let answers = await inner.delete(ids)
            for (id, answer) in zip(ids, answers) {
                if case .success = answer { world.auditor.removed(id) }
            }
            return answers
        }
    }

    func settleDeadLetters(
        _ ids: [JobID], by action: DeadLetterAction, fitting filter: JobFilter
    ) async -> [Result<Void, LonghaulError>] {
        await writeEach("settle dead letters", ids) {
            let answers = await inner.settleDeadLetters(ids, by: action, fitting: filter)
            for (id, answer) in zip(ids, answers) where action == .discard {
                if case .success = answer { world.auditor.removed(id) }
            }
            return answers
        }
    }

    func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueRecord {
        try await write("set queue") {
            world.auditor.bounds(of: name, settings)
            return try await inner.setQueue(name, settings)
        }
    }

    func setRouting(_ table: RoutingTable) async throws {
        try await write("set routing") { try await inner.setRouting(table) }
    }

    func maintain(limit: Int) async throws -> Maintenance {
        try await write("maintain") {
            let maintenance = try await flawedMaintain(limit: limit)
            world.auditor.maintained(by: audited)
            for id in maintenance.purged { world.auditor.removed(id) }
            return maintenance
        }
    }

    /// Completes, and submits what comes next in a second transaction; see ``Flaw/nextApart``.
    private func completeApart(_ completions: [StoreCompletion]) async -> [Result<Job, LonghaulError>] {
        let answers = await inner.complete(
            completions.map { StoreCompletion(token: $0.token, result: $0.result) })
        if world.strikes(world.scenario.crashes * 4) { life.end() }
        for (completion, answer) in zip(completions, answers) where life.isAlive {
            guard case .success = answer, !completion.next.isEmpty else { continue }
            _ = try? await inner.submit(completion.next, allOrNothing: true)
        }
        return answers
    }
}
