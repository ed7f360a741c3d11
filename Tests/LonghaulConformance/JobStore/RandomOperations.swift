import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let randomOperations: [Case] = (1...3).map { seed in
        Case("random operations keep counts, states and rules consistent (seed \(seed))") { t in
            let walk = RandomWalk(t, seed: UInt64(seed))
            for _ in 0..<250 {
                try await walk.step()
                try await walk.check()
            }
        }
    }
}

/// Runs random operations on a store, and checks invariants after each.
private final class RandomWalk {
    private let t: JobStoreFixture
    private let random: SeededRandom
    /// Every job that was created and not deleted.
    private var alive: [JobID] = []
    /// Every issued token, the oldest first.
    private var tokens: [LeaseToken] = []
    /// The number of completions so far, which makes each result unique.
    private var results = 0
    /// The end of each current lease.
    private var held: [LeaseToken: Timestamp] = [:]
    /// The latest published change of each job.
    private var latest: [JobID: JobChange] = [:]
    private var checkedChanges = 0

    init(_ t: JobStoreFixture, seed: UInt64) {
        self.t = t
        random = SeededRandom(seed: seed)
    }

    private func below(_ bound: Int) -> Int {
        Int(random.next() % UInt64(bound))
    }

    private func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    func step() async throws {
        switch below(17) {
        case 0...3: try await submit()
        case 4...6: try await claim()
        case 7...9: try await end()
        case 10: try await cancel()
        case 11: try await operate { await $0.retry($1) }
        case 12: try await delete()
        case 13: try await heartbeat()
        case 14: try await resolveDeadLetters()
        default:
            t.time.advance(seconds: Double(below(20)))
            let maintenance = try await t.store.maintain(limit: 5 + below(50))
            alive.removeAll(where: Set(maintenance.purged).contains)
        }
    }

    private func submit() async throws {
        let now = t.time.now()
        let entries = (0...below(4)).map { _ in
            t.submission("kind\(below(3))") {
                $0.spec.queue = "queue\(below(2))"
                $0.spec.priority = below(10)
                $0.spec.maxAttempts = 1 + below(3)
                $0.spec.retentionSeconds = Double(below(300))
                if below(4) == 0 { $0.runAt = now.adding(seconds: Double(below(60))) }
                if below(4) == 0 { $0.spec.expiresAt = now.adding(seconds: Double(below(90))) }
                if below(3) == 0 { $0.dependsOn = (0...below(3)).compactMap { _ in pick(alive) } }
                $0.spec.onDependencyFailure = pick(JobSpec.DependencyPolicy.allCases) ?? .cancel
                if below(5) == 0 { $0.parentID = pick(alive) }
                if below(4) == 0 { $0.spec.join.waitFor = 1 + below(3) }
                if below(6) == 0 { $0.spec.join.collects = true }
                if below(5) == 0 {
                    $0.keys = [SubmissionKey(digest: digest(UInt8(below(6))), lifetime: .whileActive)]
                }
            }
        }
        for outcome in try await t.store.submit(entries, allOrNothing: below(2) == 0) {
            if case .created(let job) = outcome { alive.append(job.id) }
        }
    }

    private func claim() async throws {
        let leases = try await t.claim(1 + below(5)) {
            $0.queues = below(2) == 0 ? ["queue0", "queue1"] : ["queue1"]
            $0.kinds = below(2) == 0 ? [] : ["kind0", "kind\(below(3))"]
            $0.leaseSeconds = Double(5 + below(40))
        }
        for lease in leases {
            #expect(held.keys.allSatisfy { $0.jobID != lease.token.jobID }, "a job was leased twice")
            #expect(tokens.allSatisfy { $0.jobID != lease.token.jobID || $0.fence < lease.token.fence })
            tokens.append(lease.token)
            held[lease.token] = lease.expiresAt
        }
    }

    /// Ends an attempt with one of its tokens, the current one or a stale one.
    private func end() async throws {
        let current = held.keys.sorted { ($0.jobID, $0.fence) < ($1.jobID, $1.fence) }
        guard let token = below(4) == 0 ? pick(tokens) : pick(current) else { return }
        // Each result is unique, because a repeated completion with the same result succeeds.
        results += 1
        let isHeld = held[token].map { t.time.now() <= $0 } ?? false
        let code: LonghaulError.Code?
        do {
            switch below(3) {
            case 0: try await t.complete(token, "\(results)")
            case 1: try await t.fail(token, JobError(type: "x", message: "", retryable: below(3) > 0))
            default: try await t.release(token)
            }
            code = nil
            held[token] = nil
        } catch let error as LonghaulError {
            code = error.code
        }
        #expect(code == (isHeld ? nil : .leaseLost))
    }

    private func operate(
        _ call: (any JobStore, [JobID]) async -> [Result<Job, LonghaulError>]
    ) async throws {
        guard let id = pick(alive) else { return }
        guard case .success(let job) = await call(t.store, [id]).first else { return }
        #expect(job.state == .cancelled || job.state == (job.spec.join.collects ? .completed : .pending))
    }

    private func cancel() async throws {
        try await operate { await $0.cancel($1) }
        guard below(3) == 0, let id = pick(alive) else { return }
        let limit = 1 + below(3)
        #expect(try await t.store.cancelDescendants(of: id, limit: limit) <= limit)
    }

    private func delete() async throws {
        guard let id = pick(alive) else { return }
        let wasFinal = try await t.job(id).state.isFinal
        let answer = try #require(await t.store.delete([id]).first)
        #expect(((try? answer.get()) != nil) == wasFinal)
        if wasFinal { alive.removeAll { $0 == id } }
    }

    private func resolveDeadLetters() async throws {
        let ids = (0..<3).compactMap { _ in pick(alive) }
        let action: DeadLetterAction = below(2) == 0 ? .redrive : .discard
        let answers = await t.store.resolveDeadLetters(ids, by: action, matching: JobFilter())
        for (id, answer) in zip(ids, answers) where (try? answer.get()) != nil {
            #expect(latest[id]?.state == .failed, "the job was not a dead letter")
            if action == .discard { alive.removeAll { $0 == id } }
        }
    }

    private func heartbeat() async throws {
        let beats = held.keys.map {
            Heartbeat.Beat(token: $0, progress: Progress(percent: Double(below(100))))
        }
        let outcome = try await t.store.heartbeat(Heartbeat(workerID: "w1", beats: beats))
        #expect(outcome.renewed.count + outcome.cancelled.count + outcome.lost.count == beats.count)
        for renewal in outcome.renewed { held[renewal.token] = renewal.expiresAt }
    }

    /// Checks that the answers of the store are consistent.
    func check() async throws {
        let jobs = try await t.store.jobs(JobFilter(), after: nil, limit: 2000).jobs
        #expect(Set(jobs.map(\.id)) == Set(alive))
        var counted: [String: [JobState: Int]] = [:]
        for job in jobs { counted[job.spec.queue, default: [:]][job.state, default: 0] += 1 }
        for queue in try await t.store.queues() {
            #expect(queue.counts == counted[queue.name] ?? [:])
            #expect((queue.oldestPendingAt == nil) == (queue.depth == 0))
        }
        let groups = try await t.store.deadLetterGroups(DeadLetterGroupFilter(), after: nil, limit: 500)
            .groups
        #expect(
            Dictionary(uniqueKeysWithValues: groups.map { ([$0.fingerprint, $0.queue], $0.count) })
                == Dictionary(grouping: jobs.filter { $0.state == .failed }) {
                    [$0.fingerprint ?? "", $0.spec.queue]
                }.mapValues(\.count))
        try follow()
        let open = Set(jobs.filter { !$0.state.isFinal }.map(\.id))
        for job in jobs {
            try check(job)
            // A blocked job has a dependency that has not ended.
            if job.state == .blocked { #expect(!open.isDisjoint(with: job.dependsOn)) }
        }
        held = held.filter { token, _ in
            latest[token.jobID]?.state == .processing && fence(of: token.jobID) == token.fence
        }
    }

    private func fence(of id: JobID) -> Int? {
        tokens.last { $0.jobID == id }?.fence
    }

    /// Checks that the published changes of each job form a sequence without gaps.
    private func follow() throws {
        let all = t.changes
        for change in all[checkedChanges...] {
            let before = latest[change.jobID]
            #expect(change.previous == before?.state)
            #expect(change.version == (before?.version ?? 0) + (change.isProgress ? 0 : 1))
            latest[change.jobID] = change
        }
        checkedChanges = all.count
    }

    private func check(_ job: Job) throws {
        let change = try #require(latest[job.id])
        #expect(change.state == job.state)
        #expect(change.version == job.version)
        #expect(change.attempt == job.attempt)
        #expect(job.attempt <= job.spec.maxAttempts)
        #expect((job.finishedAt != nil) == job.state.isFinal)
        #expect((job.result != nil) == (job.state == .completed))
        #expect(job.attempts.map(\.number) == Array(1..<(job.attempts.count + 1)))
        #expect(job.attempts.count == job.attempt)
        if job.state == .failed { #expect(job.error != nil) }
        if job.state == .completed { #expect(job.error == nil) }
        if job.state == .scheduled || job.state == .retrying {
            #expect(job.runAt > job.createdAt || job.attempt > 0)
        }
    }
}
