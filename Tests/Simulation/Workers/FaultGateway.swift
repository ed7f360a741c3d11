import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// The way from one worker to the server. It refuses, delays, repeats and loses calls, as the seed decides.
///
/// Without outages, the number of consecutive faults of a kind of call is bounded, so that every report must arrive in time.
final class FaultGateway: WorkerGateway, @unchecked Sendable {
    /// The kinds of call, with the maximum number of consecutive faults and the maximum delay.
    private enum Call: String {
        case lease, heartbeat, renewal, complete, fail, release, deregister, logs, step, journal, suspend

        var maxFaults: Int { self == .renewal ? 1 : 2 }
        /// Seconds, for the request and the answer together.
        var maxDelay: Double { self == .renewal ? 8 : 0.4 }
    }

    private let world: WorkerWorld
    private let worker: String
    private var faults: [Call: Int] = [:]

    init(world: WorkerWorld, worker: String) {
        self.world = world
        self.worker = worker
    }

    private var scenario: WorkerScenario { world.scenario }

    /// Makes a call with the faults that the seed decides.
    private func pass<Value: Sendable>(
        _ call: Call, _ body: () async throws -> Value
    ) async throws -> Value {
        try await delay(call)
        if world.now < world.isDownUntil {
            try await world.scheduler.sleep(until: world.now.adding(seconds: world.dice.seconds(0...2)))
            throw failure("outage", call)
        }
        if strikes(call, scenario.rejections) { throw failure("refused call", call) }
        var value = try await body()
        if world.occurs(scenario.repeats) {
            world.trace.fault("repeated call", "\(worker) \(call.rawValue)")
            // Either answer may be the one that arrives.
            let second = try? await body()
            if let second, world.dice.chance(500) { value = second }
        }
        let isLost = strikes(call, scenario.losses)
        try await delay(call)
        if isLost || world.now < world.isDownUntil { throw failure("lost answer", call) }
        faults[call] = 0
        return value
    }

    private func strikes(_ call: Call, _ rate: Int) -> Bool {
        let isAllowed = scenario.isHarsh || faults[call, default: 0] < call.maxFaults
        return isAllowed && world.occurs(rate)
    }

    private func failure(_ fault: String, _ call: Call) -> LonghaulError {
        faults[call, default: 0] += 1
        world.trace.fault(fault, "\(worker) \(call.rawValue)")
        let code =
            world.dice.pick([.unavailable, .systemBusy, .internal, .rateLimited])
            ?? LonghaulError.Code.internal
        return LonghaulError(fault == "refused call" ? code : .unavailable, fault)
    }

    private func delay(_ call: Call) async throws {
        guard world.occurs(scenario.delays) else { return }
        let seconds = world.dice.seconds(0...(scenario.isHarsh ? 10 : call.maxDelay / 2))
        world.trace.fault("delay", "\(worker) \(call.rawValue) by \(seconds) s")
        try await world.scheduler.sleep(until: world.now.adding(seconds: seconds))
    }

    // MARK: Calls

    func lease(_ request: LeaseRequest) async throws -> [Lease] {
        let leases = try await pass(.lease) { try await world.engine.lease(request) }
        for lease in leases { world.received(lease, by: worker) }
        return leases
    }

    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        let sentAt = world.now
        // The handlers may report more progress during the call.
        let progress = heartbeat.beats.map { world.attempts[$0.token]?.percent }
        // One without leases that arrives does not make up for one with leases that does not.
        let call = heartbeat.beats.isEmpty ? Call.heartbeat : .renewal
        let outcome = try await pass(call) { try await world.engine.heartbeat(heartbeat) }
        for renewal in outcome.renewed {
            guard let attempt = world.attempts[renewal.token] else { continue }
            attempt.confirmedAt = max(attempt.confirmedAt, sentAt)
        }
        for token in outcome.cancelled + outcome.lost { world.attempts[token]?.isGone = true }
        for (beat, percent) in zip(heartbeat.beats, progress) { await expect(percent, of: beat.token) }
        return outcome
    }

    /// A heartbeat that arrived brought the progress up to its sending.
    private func expect(_ percent: Double?, of token: LeaseToken) async {
        guard let percent, let job = try? await world.engine.job(token.jobID),
            // A release of the next attempt shows this one again, without its progress.
            job.state == .processing,
            let attempt = world.attempts[token], job.attempt == attempt.job.attempt,
            job.startedAt == attempt.job.startedAt, !attempt.isGone
        else { return }
        if (job.progress?.percent ?? -1) < percent {
            world.report(
                "\(world.name(job.id)) misses progress that was reported before its latest heartbeat")
        }
    }

    func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        var refused: Set<Int> = []
        for index in completions.indices where strikes(.complete, scenario.entryRejections) {
            refused.insert(index)
            _ = failure("refused completion", .complete)
        }
        let rest = completions.indices.filter { !refused.contains($0) }.map { completions[$0] }
        var answers = try await pass(.complete) { try await world.engine.complete(rest) }
        for index in refused.sorted() {
            answers.insert(.failure(LonghaulError(.unavailable, "refused for now")), at: index)
        }
        return answers
    }

    func fail(_ failure: Failure) async throws -> Job {
        try await pass(.fail) { try await world.engine.fail(failure) }
    }

    func release(_ token: LeaseToken) async throws -> Job {
        try await pass(.release) { try await world.engine.release(token) }
    }

    func deregister(_ workerID: String) async throws -> [JobID] {
        try await pass(.deregister) { try await world.engine.deregister(workerID) }
    }

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await pass(.logs) { try await world.engine.appendLogs(token, lines) }
    }

    func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact {
        throw LonghaulError(.invalidRequest, "files are not part of the simulation")
    }

    func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await pass(.step) { try await world.engine.step(token, name: name) }
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await pass(.step) { try await world.engine.putStep(token, name: name, output: output) }
    }

    func journal(_ token: LeaseToken, after number: Int64) async throws -> JournalPage {
        try await pass(.journal) { try await world.engine.journal(token, after: number) }
    }

    func updateJournal(_ token: LeaseToken, _ updates: [OperationUpdate]) async throws -> [JournalOperation] {
        try await pass(.journal) { try await world.engine.updateJournal(token, updates) }
    }

    func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        try await pass(.suspend) { try await world.engine.suspend(token, on: ids) }
    }

    func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        try await pass(.suspend) { try await world.engine.continueAsNew(token, payload: payload) }
    }
}
