import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// A client that submits jobs. It repeats a request with the same key until it gets an answer, and records every answer.
struct Client {
    let world: World
    let cluster: Cluster
    let answers: AnswerRecord
    let number: Int

    private var dice: Dice { world.dice }

    func run() async {
        for request in 0..<world.scenario.requestsPerClient {
            await pause()
            if dice.chance(200) {
                await submitBatch(request)
            } else {
                await submit(request)
            }
        }
    }

    /// Pauses until the next request: any time, or a time at which other clients send theirs too.
    private func pause() async {
        let mean = world.scenario.faultSeconds / Double(world.scenario.requestsPerClient)
        var moment = world.now.adding(seconds: dice.seconds(0...2 * mean))
        if dice.chance(500) { moment.milliseconds += 5000 - moment.milliseconds % 5000 }
        try? await world.scheduler.sleep(until: moment)
    }

    // MARK: One job

    private func submit(_ request: Int) async {
        // Clients share some keys, and then send the same request.
        let key =
            dice.chance(300) ? "shared-\(dice.below(4))" : dice.chance(600) ? "\(number)-\(request)" : nil
        let job = job(request, key: key)
        for _ in 0..<(key == nil ? 1 : 12) {
            do {
                let accepted = try await cluster.call { try await $0.submit(job) }
                answers.acknowledge(accepted, payload: job.spec.payload, key: key)
                if dice.chance(200) { await wait(for: accepted.job.id) }
                // Repeats the same request sometimes: it must find the same job.
                guard key != nil, dice.chance(200) else { return }
            } catch {
                guard isTransient(error) else { return note("submit", error) }
            }
            await world.scheduler.pause(seconds: dice.seconds(0.05...4))
        }
    }

    private func job(_ request: Int, key: String?) -> NewJob {
        guard let key, key.hasPrefix("shared") else {
            var job = draw("\(number)-\(request)")
            job.idempotencyKey = key
            if let key { job.spec.tags["key"] = key }
            if key == nil, dice.chance(300) {
                job.spec.actor = "actor-\(dice.below(2))"
                job.unique = UniqueRule(by: [.actor], span: .whileActive)
            }
            return job
        }
        var job = NewJob(spec(key))
        job.idempotencyKey = key
        job.spec.tags = ["key": key]
        return job
    }

    private func spec(_ text: String) -> JobSpec {
        var spec = JobSpec(kind: "work", payload: JSONText(validated: Array("\"\(text)\"".utf8)))
        spec.backoff = Backoff(
            growth: .exponential, initialSeconds: 0.5, factor: 2, maxSeconds: 10, jitter: 0.2)
        spec.maxAttempts = 3
        return spec
    }

    /// A job with random properties.
    private func draw(_ text: String) -> NewJob {
        var job = NewJob(spec(text))
        if dice.chance(400) { job.spec.queue = "bounded" }
        if dice.chance(300) { job.spec.kind = "other" }
        if dice.chance(150) {
            job.spec.kind = Fixtures.sizedKind
            job.spec.size = Int64(1 + dice.below(20))
            job.spec.queue = JobSpec.defaultQueue
        }
        job.spec.priority = dice.below(10)
        job.spec.maxAttempts = 1 + dice.below(4)
        job.spec.onDependencyFailure = dice.pick(JobSpec.DependencyPolicy.allCases) ?? .cancel
        if dice.chance(150) { job.start = .after(seconds: dice.seconds(0.1...20)) }
        if dice.chance(100) { job.spec.expiresAt = world.now.adding(seconds: dice.seconds(21...60)) }
        if dice.chance(100) { job.spec.retentionSeconds = dice.seconds(0...30) }
        if dice.chance(world.scenario.webhooks) { job.spec.callbackURL = world.receivers.url() }
        if job.spec.kind != Fixtures.sizedKind, dice.chance(300) {
            job.spec.queue = Fixtures.limited
            job.spec.expiresAt = nil
            if let tenant = dice.pick(Auditor.partitions), !tenant.isEmpty {
                job.spec.tags["tenant"] = tenant
            }
        }
        if dice.chance(200), let other = dice.pick(known) { job.dependsOn = [.job(other)] }
        if dice.chance(100) { job.parentID = dice.pick(known) }
        return job
    }

    /// The acknowledged jobs of all clients.
    private var known: [JobID] { answers.acknowledged.keys.sorted() }

    // MARK: Many jobs

    private func submitBatch(_ request: Int) async {
        let count = 2 + dice.below(3)
        let shared = dice.chance(300) ? dice.below(count) : nil
        let jobs = (0..<count).map { index in
            // Another client may submit the job of a shared key. The other entries then depend on that job.
            let key = index == shared ? "shared-\(dice.below(4))" : "\(number)-\(request)-\(index)"
            var job = index == shared ? self.job(request, key: key) : draw(key)
            job.ref = "r\(index)"
            job.idempotencyKey = key
            job.spec.tags["key"] = key
            if index > 0, index != shared, dice.chance(600) {
                job.dependsOn.append(.ref("r\(dice.below(index))"))
            }
            return job
        }
        let parent = dice.chance(500) ? parent(of: "\(number)-\(request)", children: count) : nil
        var batch = NewJobBatch(jobs: jobs, parent: parent)
        guard let accepted = await submit(batch), parent != nil, dice.chance(300) else { return }
        // Repeats the batch after an entry was deleted, or with another request under the key of the parent.
        await world.scheduler.pause(seconds: dice.seconds(0...20))
        if dice.chance(700), let child = dice.pick(accepted.jobs)?.job.id {
            _ = try? await cluster.call { try await $0.delete(child) }
        } else {
            batch.parent?.spec.maxAttempts += 1
        }
        _ = try? await cluster.call { [batch] in try await $0.submit(batch) }
    }

    /// Submits a batch until it is answered. Nil if it is rejected.
    private func submit(_ batch: NewJobBatch) async -> Engine.AcceptedBatch? {
        for _ in 0..<12 {
            do {
                let accepted = try await cluster.call { try await $0.submit(batch) }
                let created = accepted.jobs + [accepted.parent].compactMap(\.self)
                for (job, answer) in zip(batch.jobs + [batch.parent].compactMap(\.self), created) {
                    answers.acknowledge(answer, payload: job.spec.payload, key: job.idempotencyKey)
                }
                return accepted
            } catch {
                guard isTransient(error) else {
                    note("submit a batch", error)
                    return nil
                }
            }
            await world.scheduler.pause(seconds: dice.seconds(0.05...4))
        }
        return nil
    }

    /// A job that waits for all or some entries of a batch.
    private func parent(of batch: String, children: Int) -> NewJob {
        var job = NewJob(spec(batch))
        job.idempotencyKey = "\(batch)-parent"
        job.spec.tags = ["key": "\(batch)-parent"]
        job.spec.onDependencyFailure = dice.pick(JobSpec.DependencyPolicy.allCases) ?? .cancel
        if dice.chance(world.scenario.webhooks) { job.spec.callbackURL = world.receivers.url() }
        job.spec.join = JoinRule(
            waitFor: dice.chance(300) ? 1 + dice.below(children) : nil, collects: dice.chance(500))
        return job
    }

    // MARK: Answers

    private func wait(for id: JobID) async {
        let seconds = dice.seconds(0...(world.scenario.isPunctual ? 120 : 10))
        let answer = try? await cluster.call { [world] engine in
            let start = world.now
            let job = try await engine.wait(for: id, seconds: seconds)
            world.punctuality.waited(for: id, since: start)
            return job
        }
        guard let job = answer else { return }
        world.trace.note(id.low, UInt64(job.version), words: "a wait ends with \(job.state.rawValue)")
    }

    private func isTransient(_ error: any Error) -> Bool {
        (error as? LonghaulError)?.isTransient ?? true
    }

    private func note(_ what: String, _ error: any Error) {
        world.trace.note(3, words: "client \(number) cannot \(what): \(error)")
    }
}
