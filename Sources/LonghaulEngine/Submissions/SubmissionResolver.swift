import LonghaulCore
import LonghaulJSON

/// Turns requests for jobs into what the store takes: checked, named, keyed, with references resolved and
/// every entry after those it depends on.
struct SubmissionResolver {
    let caller: String
    let parentID: JobID?
    let now: Timestamp
    let configuration: EngineConfiguration
    let router: Router
    let ids: JobIDGenerator
    /// Whether the rules for values apply; see ``NewJobRules``.
    var checksValues = true

    /// What came of a list of requests.
    struct Resolution {
        /// The submissions, dependencies first.
        var submissions: [Submission]
        /// For each request, in their order, the place of its submission.
        var places: [Int]
    }

    /// Resolves the entries of a batch, and its parent as one more entry after them.
    ///
    /// - Throws: ``LonghaulError`` with every fault of every entry.
    func resolve(_ batch: NewJobBatch) throws(LonghaulError) -> Resolution {
        let parent = batch.parent == nil ? nil : batch.jobs.count
        return try resolve(batch.entries, parent: parent) { batch.pointer(to: $0) }
    }

    /// Resolves requests that came together.
    ///
    /// - Parameters:
    ///   - parent: the index of the one, the last, that waits for all others.
    ///   - pointer: the place of each request in what was sent, for faults.
    /// - Throws: ``LonghaulError`` with every fault of every request.
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
        let names = jobs.map { _ in ids.next() }
        var places = [Int](repeating: 0, count: jobs.count)
        var submissions = order.enumerated().map { place, index in
            places[index] = place
            var submission = submission(jobs[index], id: names[index], refs: refs, names: names)
            submission.spec.queue = queues[index]
            return submission
        }
        if let parent { adopt(jobs, names, by: parent, at: places[parent], &submissions) }
        return Resolution(submissions: submissions, places: places)
    }

    /// What is wrong with the entry at which the requests depend on too many jobs.
    private func edgeFault(_ jobs: [NewJob], at pointer: (Int) -> JSONPointer) -> JSONFault? {
        let limit = configuration.maxBatchEdges
        var count = 0
        for (index, job) in jobs.enumerated() {
            count += job.dependsOn.count
            if count > limit {
                return JSONFault(
                    pointer: pointer(index).appending("depends_on"),
                    message:
                        "the entries up to this one depend on \(count) jobs; at most \(limit) are allowed in all"
                )
            }
        }
        return nil
    }

    /// Makes all other submissions children of the one at `place`, which waits for them.
    private func adopt(
        _ jobs: [NewJob], _ names: [JobID], by parent: Int, at place: Int, _ submissions: inout [Submission]
    ) {
        for index in submissions.indices where index != place { submissions[index].parentID = names[parent] }
        submissions[place].dependsOn = names.dropLast() + submissions[place].dependsOn
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

    private func keys(of job: NewJob, with children: [NewJob] = []) -> [SubmissionKey] {
        KeyDigest.keys(
            of: job, with: children, caller: caller, at: now,
            lifetimeSeconds: configuration.idempotencyTTLSeconds)
    }

    private func parentFaults(of job: NewJob, isEntry: Bool, at pointer: JSONPointer) -> [JSONFault] {
        guard job.parentID != nil, isEntry || parentID != nil else { return [] }
        let parent = isEntry ? "the batch's own" : "the job that completes"
        return [JSONFault(pointer: pointer.appending("parent_id"), message: "the parent is \(parent)")]
    }

    private func timeFaults(of job: NewJob, at pointer: JSONPointer) throws(LonghaulError) -> [JSONFault] {
        let limit = configuration.maxPayloadBytes
        if job.spec.payload.bytes.count > limit {
            throw LonghaulError(
                .payloadTooLarge,
                "the payload has \(job.spec.payload.bytes.count) bytes, more than the \(limit) allowed",
                faults: [
                    JSONFault(pointer: pointer.appending("payload"), message: "has more than \(limit) bytes")
                ])
        }
        guard let expiry = job.spec.expiresAt else { return [] }
        let place = pointer.appending("expires_at")
        if expiry <= now { return [JSONFault(pointer: place, message: "lies in the past")] }
        if case .after(let seconds) = job.start, now.adding(seconds: seconds) >= expiry {
            return [JSONFault(pointer: place, message: "must lie beyond delay_seconds")]
        }
        return []
    }

    private func submission(_ job: NewJob, id: JobID, refs: [String: Int], names: [JobID]) -> Submission {
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
            case .ref(let ref): refs[ref].map { names[$0] }
            }
        }
        return submission
    }

    /// The requests' indices, each after those that it waits for. Reports references to nothing and circles.
    private func topologicalOrder(
        _ jobs: [NewJob], parent: Int?, refs: [String: Int], at pointer: (Int) -> JSONPointer,
        faults: inout [JSONFault]
    ) -> [Int] {
        guard jobs.contains(where: { !$0.dependsOn.isEmpty }) else { return Array(jobs.indices) }
        var waitsFor = [Int](repeating: 0, count: jobs.count)
        var frees = [[Int]](repeating: [], count: jobs.count)
        for (index, job) in jobs.enumerated() {
            for (position, dependency) in job.dependsOn.enumerated() {
                guard case .ref(let ref) = dependency else { continue }
                if let target = refs[ref] {
                    waitsFor[index] += 1
                    frees[target].append(index)
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
            for index in 0..<parent { frees[index].append(parent) }
        }
        var order = jobs.indices.filter { waitsFor[$0] == 0 }
        var done = 0
        while done < order.count {
            for index in frees[order[done]] {
                waitsFor[index] -= 1
                if waitsFor[index] == 0 { order.append(index) }
            }
            done += 1
        }
        for index in jobs.indices where waitsFor[index] > 0 {
            faults.append(
                JSONFault(
                    pointer: pointer(index).appending("depends_on"), message: "depends on itself in a circle")
            )
        }
        return order
    }
}

extension NewJobBatch {
    /// The entries, and the parent after them.
    var entries: [NewJob] { parent.map { jobs + [$0] } ?? jobs }

    /// The place of an entry in what was sent.
    func pointer(to index: Int) -> JSONPointer {
        index < jobs.count
            ? JSONPointer.root.appending("jobs").appending(index) : JSONPointer.root.appending("parent")
    }
}
