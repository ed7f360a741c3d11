import LonghaulCore
import LonghaulJSON

/// Turns requests for jobs into submissions for the store: checks them, assigns IDs, queues and keys, resolves references,
/// and sorts them so that each entry comes after its dependencies.
struct SubmissionResolver {
    let caller: String
    let parentID: JobID?
    let now: Timestamp
    let configuration: EngineConfiguration
    let router: Router
    let ids: JobIDGenerator
    /// Whether the rules for values apply; see ``NewJobRules``.
    var checksValues = true

    /// The submissions of a list of requests.
    struct Resolution {
        /// The submissions, dependencies first.
        var submissions: [Submission]
        /// The index of each request's submission, in the order of the requests.
        var places: [Int]

        /// Throws `forbidden` unless a grant covers all submissions.
        func require(_ grant: KeyGrant) throws(LonghaulError) {
            guard grant.isLimited else { return }
            for submission in submissions { try grant.require(submission.spec) }
        }
    }

    /// Resolves the entries of a batch, and its parent as a last entry.
    ///
    /// - Throws: ``LonghaulError`` with all errors of all entries.
    func resolve(_ batch: NewJobBatch) throws(LonghaulError) -> Resolution {
        let parent = batch.parent == nil ? nil : batch.jobs.count
        return try resolve(batch.entries, parent: parent) { batch.pointer(to: $0) }
    }

    /// Resolves the requests of one call.
    ///
    /// - Parameters:
    ///   - parent: the index of the parent, which waits for all others and is the last request.
    ///   - pointer: the position of a request in the body, for error messages.
    /// - Throws: ``LonghaulError`` with all errors of all requests.
    func resolve(
        _ jobs: [NewJob], parent: Int? = nil, at pointer: (Int) -> JSONPointer
    ) throws(LonghaulError) -> Resolution {
        var faults: [JSONFault] = []
        var refs: [String: Int] = [:]
        var queues: [String] = []
        for (index, job) in jobs.enumerated() {
            let entries = index == parent ? index : 0
            faults += NewJobRules.faults(
                in: job, at: pointer(index), parentOf: entries, checksValues: checksValues)
            faults += parentFaults(of: job, isEntry: parent.map { index < $0 } ?? false, at: pointer(index))
            faults += try timeFaults(of: job, at: pointer(index))
            faults += callbackFaults(of: job, at: pointer(index))
            queues.append(queue(of: job, at: pointer(index), &faults))
            guard let ref = job.ref else { continue }
            if refs.updateValue(index, forKey: ref) != nil {
                faults.append(
                    JSONFault(
                        pointer: pointer(index).appending("ref"), message: "is used by an earlier entry"))
            }
        }
        if jobs.count > 1, let fault = edgeFault(jobs, at: pointer) { throw .invalid([fault] + faults) }
        let order = topologicalOrder(jobs, parent: parent, refs: refs, at: pointer, faults: &faults)
        guard faults.isEmpty else { throw .invalid(faults) }
        let newIDs = jobs.map { _ in ids.next() }
        var places = [Int](repeating: 0, count: jobs.count)
        var submissions = order.enumerated().map { place, index in
            places[index] = place
            var submission = submission(jobs[index], id: newIDs[index], refs: refs, ids: newIDs)
            submission.spec.queue = queues[index]
            return submission
        }
        if let parent { makeChildren(jobs, newIDs, of: parent, at: places[parent], &submissions) }
        return Resolution(submissions: submissions, places: places)
    }

    /// The error of the first entry at which the total number of dependencies exceeds the maximum.
    private func edgeFault(_ jobs: [NewJob], at pointer: (Int) -> JSONPointer) -> JSONFault? {
        let limit = configuration.maxBatchEdges
        var count = 0
        for (index, job) in jobs.enumerated() {
            count += job.dependsOn.count
            if count > limit {
                return JSONFault(
                    pointer: pointer(index).appending("depends_on"),
                    message:
                        "the entries up to this one have \(count) dependencies; the maximum for all entries is \(limit)"
                )
            }
        }
        return nil
    }

    /// Makes all other submissions children of the parent, whose submission is at `place` and waits for them.
    private func makeChildren(
        _ jobs: [NewJob], _ ids: [JobID], of parent: Int, at place: Int, _ submissions: inout [Submission]
    ) {
        for index in submissions.indices where index != place { submissions[index].parentID = ids[parent] }
        submissions[place].dependsOn = ids.dropLast() + submissions[place].dependsOn
        submissions[place].keys = keys(of: jobs[parent], with: Array(jobs[..<parent]))
    }

    private func queue(of job: NewJob, at pointer: JSONPointer, _ faults: inout [JSONFault]) -> String {
        do {
            return try router.queue(for: job)
        } catch {
            faults += error.faults.map {
                JSONFault(pointer: pointer.appending($0.pointer), message: $0.message)
            }
            return job.spec.queue
        }
    }

    /// The error of a `callback_url` that this server does not call.
    private func callbackFaults(of job: NewJob, at pointer: JSONPointer) -> [JSONFault] {
        guard checksValues, let url = job.spec.callbackURL, CallbackURL.fault(in: url) == nil else {
            return []
        }
        let fault =
            if let webhooks = configuration.webhooks { webhooks.rejection(url) } else { Self.noWebhooks }
        return fault.map { [JSONFault(pointer: pointer.appending("callback_url"), message: $0)] } ?? []
    }

    private static let noWebhooks: String? =
        "cannot be used: this process sends no webhooks. Start it with --webhook-secret-file"

    private func keys(of job: NewJob, with children: [NewJob] = []) -> [SubmissionKey] {
        KeyDigest.keys(
            of: job, with: children, caller: caller, at: now,
            lifetimeSeconds: configuration.idempotencyTTLSeconds)
    }

    private func parentFaults(of job: NewJob, isEntry: Bool, at pointer: JSONPointer) -> [JSONFault] {
        guard job.parentID != nil, isEntry || parentID != nil else { return [] }
        let parent = isEntry ? "the parent of the batch" : "the job that completes"
        return [
            JSONFault(
                pointer: pointer.appending("parent_id"),
                message: "must be absent, because \(parent) is the parent")
        ]
    }

    private func timeFaults(of job: NewJob, at pointer: JSONPointer) throws(LonghaulError) -> [JSONFault] {
        let limit = configuration.maxPayloadBytes
        if job.spec.payload.bytes.count > limit {
            throw LonghaulError(
                .payloadTooLarge,
                "the payload has \(job.spec.payload.bytes.count) bytes, and the maximum is \(limit)",
                faults: [
                    JSONFault(pointer: pointer.appending("payload"), message: "has more than \(limit) bytes")
                ])
        }
        guard let expiry = job.spec.expiresAt else { return [] }
        let place = pointer.appending("expires_at")
        if expiry <= now { return [JSONFault(pointer: place, message: "lies in the past")] }
        if case .after(let seconds) = job.start, now.adding(seconds: seconds) >= expiry {
            return [JSONFault(pointer: place, message: "must be after the time at which delay_seconds ends")]
        }
        return []
    }

    private func submission(_ job: NewJob, id: JobID, refs: [String: Int], ids: [JobID]) -> Submission {
        var submission = Submission(id: id, spec: job.spec, caller: caller)
        switch job.start {
        case .now: break
        case .at(let moment): submission.runAt = moment
        case .after(let seconds): submission.runAt = seconds > 0 ? now.adding(seconds: seconds) : nil
        }
        submission.parentID = parentID ?? job.parentID
        submission.keys = keys(of: job)
        submission.dependsOn = job.dependsOn.compactMap { dependency in
            switch dependency {
            case .job(let id): id
            case .ref(let ref): refs[ref].map { ids[$0] }
            }
        }
        return submission
    }

    /// The indices of the requests, each after its dependencies. Reports unknown references and circular dependencies.
    private func topologicalOrder(
        _ jobs: [NewJob], parent: Int?, refs: [String: Int], at pointer: (Int) -> JSONPointer,
        faults: inout [JSONFault]
    ) -> [Int] {
        guard jobs.contains(where: { !$0.dependsOn.isEmpty }) else { return Array(jobs.indices) }
        var waitsFor = [Int](repeating: 0, count: jobs.count)
        var dependents = [[Int]](repeating: [], count: jobs.count)
        for (index, job) in jobs.enumerated() {
            for (position, dependency) in job.dependsOn.enumerated() {
                guard case .ref(let ref) = dependency else { continue }
                if let target = refs[ref] {
                    waitsFor[index] += 1
                    dependents[target].append(index)
                } else {
                    faults.append(
                        JSONFault(
                            pointer: pointer(index).appending("depends_on").appending(position),
                            message: "no entry has the ref \"\(ref)\""))
                }
            }
        }
        if let parent {
            waitsFor[parent] += parent
            for index in 0..<parent { dependents[index].append(parent) }
        }
        var order = jobs.indices.filter { waitsFor[$0] == 0 }
        var done = 0
        while done < order.count {
            for index in dependents[order[done]] {
                waitsFor[index] -= 1
                if waitsFor[index] == 0 { order.append(index) }
            }
            done += 1
        }
        for index in jobs.indices where waitsFor[index] > 0 {
            faults.append(
                JSONFault(
                    pointer: pointer(index).appending("depends_on"),
                    message: "the entry depends on itself, directly or through other entries"))
        }
        return order
    }
}

extension NewJobBatch {
    /// The entries, and the parent after them.
    var entries: [NewJob] { parent.map { jobs + [$0] } ?? jobs }

    /// The position of an entry in the request.
    func pointer(to index: Int) -> JSONPointer {
        index < jobs.count
            ? JSONPointer.root.appending("jobs").appending(index) : JSONPointer.root.appending("parent")
    }
}
