import LonghaulCore
import LonghaulTestSupport

/// Random submissions.
extension RandomWalk {
    func submit() async throws {
        let entries = (0...below(4)).map { _ in entry() }
        try await submit(entries)
    }

    /// Submits jobs and a parent that waits for them.
    func submitFamily() async throws {
        var parent = entry()
        parent.keys = oneIn(3) ? [] : [key()]
        var children = (0...below(3)).map { _ in entry() }
        for index in children.indices { children[index].parentID = parent.id }
        parent.dependsOn = children.map(\.id)
        try await submit(children + [parent])
    }

    /// Repeats an earlier call under new IDs, as a client does that got no answer.
    func submitAgain() async throws {
        guard let call = pick(calls) else { return try await submit() }
        let ids = Dictionary(uniqueKeysWithValues: call.map { ($0.id, t.ids.next()) })
        let entries = call.map { old in
            var entry = Submission(
                id: oneIn(20) ? old.id : ids[old.id] ?? old.id, spec: old.spec, caller: old.caller,
                runAt: old.runAt)
            entry.keys = old.keys
            entry.dependsOn = old.dependsOn.map { ids[$0] ?? $0 }
            entry.parentID = old.parentID.map { ids[$0] ?? $0 }
            return entry
        }
        try await submit(entries)
    }

    private func submit(_ entries: [Submission]) async throws {
        let allOrNothing = oneIn(2)
        let outcomes = try await t.store.submit(entries, allOrNothing: allOrNothing)
        model.submit(entries, allOrNothing: allOrNothing, outcomes)
        if entries.contains(where: { !$0.keys.isEmpty }) { calls = calls.suffix(20) + [entries] }
    }

    /// A submission with random properties.
    func entry() -> Submission {
        let now = t.time.now()
        return t.submission("kind\(below(3))") { entry in
            entry.spec.queue = "queue\(below(3))"
            entry.spec.priority = below(10)
            entry.spec.maxAttempts = 1 + below(3)
            entry.spec.retentionSeconds = oneIn(10) ? nil : Double(below(300))
            entry.spec.onDependencyFailure = pick(JobSpec.DependencyPolicy.allCases) ?? .cancel
            if oneIn(3) { entry.spec.backoff = Backoff(growth: .fixed, initialSeconds: 2, jitter: 0.5) }
            if oneIn(4) { entry.runAt = now.adding(seconds: Double(below(60))) }
            if oneIn(5) { entry.spec.expiresAt = now.adding(seconds: Double(below(90))) }
            if oneIn(6) { entry.spec.labels = ["gpu": "1"] }
            if oneIn(2) { entry.spec.tags = ["tenant": "\(below(3))"] }
            if oneIn(3) { entry.dependsOn = (0...below(3)).compactMap { _ in pickJob() } }
            if oneIn(5) { entry.parentID = pickJob() }
            if oneIn(4) { entry.spec.join.waitFor = 1 + below(3) }
            if oneIn(6) { entry.spec.join.collects = true }
            if oneIn(4) { entry.keys = (0...below(2)).map { _ in key() } }
        }
    }

    private func key() -> SubmissionKey {
        let end = t.time.now().adding(seconds: Double(below(200)))
        let number = UInt8(below(10))
        // The number decides the type of key, as the digest of a real key does.
        let lifetime: SubmissionKey.Lifetime =
            number < 4 ? .whileActive : number < 7 ? .until(end) : .withinRetention(until: end)
        let fingerprint = number < 4 ? nil : digest(oneIn(5) ? 2 : 1)
        return SubmissionKey(digest: digest(number), fingerprint: fingerprint, lifetime: lifetime)
    }
}
