import LonghaulCore
import LonghaulJSON

/// Turns requests for jobs into what the store takes: checked, named, keyed, with references resolved and
/// every entry after those it depends on.
struct SubmissionResolver {
    let caller: String
    let parentID: JobID?
    let now: Timestamp
    let configuration: EngineConfiguration
    let ids: JobIDGenerator

    /// What came of a list of requests.
    struct Resolution {
        /// The submissions, dependencies first.
        var submissions: [Submission]
        /// For each request, in their order, the place of its submission.
        var places: [Int]
    }

    /// Resolves requests that came together.
    ///
    /// - Parameter pointer: the place of each request in what was sent, for faults.
    /// - Throws: ``LonghaulError`` with every fault of every request.
    func resolve(
        _ jobs: [NewJob], at pointer: (Int) -> JSONPointer
    ) throws(LonghaulError) -> Resolution {
        var faults: [JSONFault] = []
        var refs: [String: Int] = [:]
        for (index, job) in jobs.enumerated() {
            faults += NewJobRules.faults(in: job, at: pointer(index))
            faults += try timeFaults(of: job, at: pointer(index))
            guard let ref = job.ref else { continue }
            if refs.updateValue(index, forKey: ref) != nil {
                faults.append(
                    JSONFault(
                        pointer: pointer(index).appending("ref"), message: "is used by an earlier entry"))
            }
        }
        let order = try topologicalOrder(jobs, refs: refs, at: pointer, faults: &faults)
        guard faults.isEmpty else { throw .invalid(faults) }
        let names = jobs.map { _ in ids.next() }
        var places = [Int](repeating: 0, count: jobs.count)
        let submissions = order.enumerated().map { place, index in
            places[index] = place
            return submission(jobs[index], id: names[index], refs: refs, names: names)
        }
        return Resolution(submissions: submissions, places: places)
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
        if let expiry = job.spec.expiresAt, expiry <= now {
            return [JSONFault(pointer: pointer.appending("expires_at"), message: "lies in the past")]
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
        submission.parentID = parentID
        submission.keys = KeyDigest.keys(
            of: job, caller: caller, at: now, lifetimeSeconds: configuration.idempotencyTTLSeconds)
        submission.dependsOn = job.dependsOn.compactMap { dependency in
            switch dependency {
            case .job(let id): id
            case .ref(let ref): refs[ref].map { names[$0] }
            }
        }
        return submission
    }

    /// The requests' indices, each after those that it refers to. Reports references to nothing and circles.
    private func topologicalOrder(
        _ jobs: [NewJob], refs: [String: Int], at pointer: (Int) -> JSONPointer, faults: inout [JSONFault]
    ) throws(LonghaulError) -> [Int] {
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
