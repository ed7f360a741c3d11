import LonghaulCore
import LonghaulJSON

/// Random calls of workers.
extension RandomWalk {
    // MARK: Claims

    private func request() -> LeaseRequest {
        var worker = WorkerInfo(id: "w\(below(3))", name: "worker")
        if oneIn(2) { worker.labels = ["gpu": "1"] }
        var request = LeaseRequest(worker: worker, maxJobs: 1 + below(5))
        request.queues = oneIn(2) ? ["queue0", "queue1", "queue2"] : ["queue\(below(3))"]
        request.kinds = oneIn(2) ? [] : Set(["kind0", "kind\(below(3))"]).sorted()
        request.leaseSeconds = Double(5 + below(40))
        return request
    }

    func claim() async throws {
        let request = request()
        let leases = try await t.store.claim(request)
        let expired = newChanges().filter { $0.error?.type == "expired" }.map(\.jobID)
        model.claim(request, leases, expired: expired)
        tokens += leases.map(\.token)
    }

    func claimJobs() async throws {
        var request = request()
        request.queues = ["queue0", "queue1", "queue2"]
        let ids = (0...below(4)).compactMap { _ in pickJob() }
        let leases = try await t.store.claim(ids, for: request)
        model.claim(ids, request, leases)
        tokens += leases.map(\.token)
    }

    // MARK: Attempts

    /// Mostly a current token, else any issued token or one that was never issued.
    private func token() -> LeaseToken? {
        let current = model.sortedJobs.compactMap(\.lease?.token)
        guard let token = oneIn(4) ? pick(tokens) : pick(current) else { return nil }
        return oneIn(20) ? LeaseToken(jobID: token.jobID, fence: token.fence, secret: 1) : token
    }

    private func someTokens() -> [LeaseToken] {
        (0...below(3)).compactMap { _ in token() }
    }

    func complete() async {
        let completions = someTokens().map { token in
            // Each result is unique, because a repeated completion with the same result succeeds.
            results += 1
            let old = oneIn(3) ? model.jobs[token.jobID]?.result : nil
            var completion = StoreCompletion(token: token, result: old ?? json("\(results)"))
            if oneIn(3) { completion.progress = Progress(percent: Double(below(100))) }
            if oneIn(3) {
                completion.next = (0...below(2)).map { _ in
                    var next = entry()
                    next.parentID = token.jobID
                    return next
                }
            }
            return completion
        }
        let answers = await t.store.complete(completions)
        for (completion, answer) in zip(completions, answers) { model.complete(completion, answer) }
    }

    func fail() async {
        let failures = someTokens().map { token in
            let error = JobError(type: oneIn(2) ? "x" : "y", message: "broken", retryable: !oneIn(4))
            return Failure(token: token, error: error, retryInSeconds: oneIn(4) ? Double(below(30)) : nil)
        }
        let answers = await t.store.fail(failures)
        for (failure, answer) in zip(failures, answers) { model.fail(failure, answer) }
    }

    func release() async {
        let tokens = someTokens()
        let answers = await t.store.release(tokens)
        for (token, answer) in zip(tokens, answers) { model.release(token, answer) }
    }

    func putStep() async throws {
        guard let token = token() else { return }
        let name = "step\(below(2))"
        let output = json("\(below(100))")
        let answer = try await result { try await t.store.putStep(token, name: name, output: output) }
        model.putStep(token, name: name, output: output, answer)
    }

    func heartbeat() async throws {
        var beats: [Heartbeat.Beat] = []
        for token in model.sortedJobs.compactMap(\.lease?.token) + someTokens()
        where !beats.contains(where: { $0.token == token }) {
            let progress = oneIn(2) ? Progress(percent: Double(below(4)) * 25) : nil
            beats.append(Heartbeat.Beat(token: token, progress: progress))
        }
        let heartbeat = Heartbeat(workerID: "w1", beats: beats)
        model.heartbeat(heartbeat, try await t.store.heartbeat(heartbeat))
    }

    /// Deregisters a worker, and releases what it holds, as the engine does.
    func deleteWorker() async throws {
        let worker = "w\(below(3))"
        let expected = model.held(by: worker)
        let held = try await t.store.deleteWorker(worker)
        model.expect(Set(held ?? []) == expected, "\(worker) holds \(held ?? []), not \(expected)")
        let answers = await t.store.release(held ?? [])
        for (token, answer) in zip(held ?? [], answers) { model.release(token, answer) }
    }
}
