public import LonghaulCore
public import LonghaulJSON

extension Engine: WorkerGateway {
    /// Leases jobs that match the request. Waits for them, at most ``LeaseRequest/waitSeconds``.
    ///
    /// - Throws: ``LonghaulError`` `unavailable`; `CancellationError` if the task is cancelled. No job is leased then.
    public func lease(_ request: LeaseRequest) async throws -> [Lease] {
        let worker = request.worker.id
        let deregistrations = leaseCalls.begin(worker)
        defer { leaseCalls.end(worker) }
        let deadline = time.now().adding(seconds: request.waitSeconds)
        let interest = QueueInterest(
            queues: request.queues, kinds: request.kinds, labels: request.worker.labels)
        // A queue that delivers IDs is queried first, because that saves a query of the store.
        let asksQueueFirst = queue.carriesIdentifiers && request.waitSeconds > 0
        // The count is read before each query, so that a wake-up during the query is not missed.
        var wakeCount = asksQueueFirst ? storeQueries.wakeCount(of: worker, interest) : queue.wakeCount
        var leases = asksQueueFirst ? [] : try await store.claim(request)
        var isFromStore = true
        // IDs without effect do not postpone the slow poll. A queue may deliver many that are repeated.
        var nextPoll = time.now().adding(seconds: configuration.slowPollSeconds)
        while leases.isEmpty, time.now() < deadline,
            !leaseCalls.hasDeregistered(worker, since: deregistrations)
        {
            let delivery = try await delivery(
                of: interest, limit: request.maxJobs, until: min(deadline, nextPoll), since: wakeCount)
            switch delivery {
            case .checkStore, .none:
                wakeCount = queue.wakeCount
                nextPoll = time.now().adding(seconds: configuration.slowPollSeconds)
                do {
                    leases = try await store.claim(request)
                    if asksQueueFirst { storeQueries.record(wakeCount, of: worker, interest) }
                } catch {
                    // Another waiting worker, or the next call, uses the wake-up that this call has received.
                    queue.wake(interest)
                    throw error
                }
                isFromStore = true
            case .jobs(let ids):
                isFromStore = false
                do {
                    leases = try await store.claim(ids, for: request)
                } catch {
                    // Otherwise the broker would keep the IDs for this server while the connection lives.
                    try? await queue.acknowledge(ids)
                    redelivery.add(ids)
                    throw error
                }
                // The broker delivers an unacknowledged ID again. The second delivery has no effect.
                try? await queue.acknowledge(ids)
            }
        }
        // A full claim from the store may have left jobs for another worker. A queue of IDs delivers those itself.
        if leases.count == request.maxJobs, isFromStore { queue.wake(interest) }
        guard !leases.isEmpty else { return [] }
        maintenance.plan(time.now().adding(seconds: request.leaseSeconds))
        let hasDeregistered = leaseCalls.hasDeregistered(worker, since: deregistrations)
        if Task.isCancelled || hasDeregistered {
            // The worker has stopped. Without the release, the jobs would wait until their leases end.
            _ = await store.release(leases.map(\.token))
            if hasDeregistered { return [] }
            throw CancellationError()
        }
        return leases
    }

    /// The next delivery of the queue. Returns `checkStore` while the queue is unavailable, and `none` at the deadline.
    private func delivery(
        of interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
    ) async throws -> QueueDelivery {
        do {
            return try await queue.receive(interest, limit: limit, until: deadline, since: wakeCount)
        } catch let error as LonghaulError where error.isTransient {
            let retry = time.now().adding(seconds: configuration.outagePollSeconds)
            try await time.sleep(until: min(deadline, retry))
            return .checkStore
        }
    }

    /// Renews leases, stores progress, and records when the worker was last seen.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        var heartbeat = heartbeat
        for index in heartbeat.beats.indices {
            heartbeat.beats[index].progress = heartbeat.beats[index].progress?.bounded
        }
        return try await store.heartbeat(heartbeat)
    }

    /// Removes a worker that has stopped, and releases its jobs. The attempts are not counted.
    ///
    /// - Returns: the released jobs.
    /// - Throws: ``LonghaulError`` `not_found` if the worker is unknown and holds no leases.
    public func deregister(_ workerID: String) async throws -> [JobID] {
        leaseCalls.deregister(workerID)
        guard let held = try await store.deleteWorker(workerID) else {
            throw LonghaulError(.notFound, "there is no worker \"\(workerID.prefix(100))\"")
        }
        let released = await store.release(held)
        return try zip(held, released).compactMap { token, answer in
            do {
                _ = try answer.get()
                return token.jobID
            } catch let error as LonghaulError where error.code == .leaseLost {
                // The attempt ended after its token was read.
                return nil
            }
        }
    }

    /// Ends attempts with success. Returns one answer for each, in order.
    public func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        try await complete(completions, grant: .everything)
    }

    /// Ends attempts with success, for a caller whose rights must cover the next jobs.
    public func complete(
        _ completions: [Completion], grant: KeyGrant
    ) async throws -> [Result<Job, LonghaulError>] {
        var answers = [Result<Job, LonghaulError>?](repeating: nil, count: completions.count)
        var accepted: [StoreCompletion] = []
        var places: [Int] = []
        for (index, completion) in completions.enumerated() {
            switch await prepared(completion, grant) {
            case .success(let entry):
                accepted.append(entry)
                places.append(index)
            case .failure(let error): answers[index] = .failure(error)
            }
        }
        for range in Self.slices(accepted) {
            let slice = await store.complete(Array(accepted[range]))
            for (place, answer) in zip(places[range], slice) { answers[place] = answer }
        }
        return answers.map { $0 ?? .failure(LonghaulError.noAnswer) }
    }

    /// The maximum weight of the completions in one transaction. Other calls can run between two transactions.
    private static let completionWeight = 1000

    /// Divides completions into transactions. A single completion is never divided, whatever its weight.
    private static func slices(_ completions: [StoreCompletion]) -> [Range<Int>] {
        var slices: [Range<Int>] = []
        var start = 0
        var weight = 0
        for (index, completion) in completions.enumerated() {
            if index > start, weight + completion.weight > completionWeight {
                slices.append(start..<index)
                (start, weight) = (index, 0)
            }
            weight += completion.weight
        }
        return start < completions.count ? slices + [start..<completions.count] : slices
    }

    private func prepared(
        _ completion: Completion, _ grant: KeyGrant
    ) async -> Result<StoreCompletion, LonghaulError> {
        let limit = configuration.maxPayloadBytes
        guard completion.result.bytes.count <= limit else {
            return .failure(
                LonghaulError(
                    .payloadTooLarge,
                    "the result has \(completion.result.bytes.count) bytes, and the maximum is \(limit); "
                        + "store large output as an artifact"))
        }
        let progress = completion.progress?.bounded
        do {
            try ValueRule.check(completion.result, "result")
            guard !completion.next.isEmpty else {
                return .success(
                    StoreCompletion(token: completion.token, result: completion.result, progress: progress))
            }
            let parent = completion.token.jobID
            guard let job = try await store.job(parent) else { throw LonghaulError.leaseLost }
            let place = JSONPointer.root.appending("next")
            let next = try resolver(caller: job.caller, parentID: parent)
                .resolve(completion.next.map { $0.continuing(job) }) { place.appending($0) }
            try next.require(grant)
            return .success(
                StoreCompletion(
                    token: completion.token, result: completion.result, next: next.submissions,
                    progress: progress))
        } catch {
            return .failure(LonghaulError(wrapping: error))
        }
    }

    /// Ends an attempt with an error.
    ///
    /// Every type and message is accepted: long ones are cut, and invalid characters are replaced (``ReportText``).
    ///
    /// - Throws: ``LonghaulError``: `lease_lost`; `invalid_request` for details that violate ``ValueRule``;
    ///   `payload_too_large` for details larger than ``EngineConfiguration/maxPayloadBytes``.
    public func fail(_ failure: Failure) async throws -> Job {
        try ValueRule.check(failure.error.details, "error", "details")
        let limit = configuration.maxPayloadBytes
        if let details = failure.error.details, details.bytes.count > limit {
            throw LonghaulError(
                .payloadTooLarge,
                "the details have \(details.bytes.count) bytes, and the maximum is \(limit)",
                faults: [
                    JSONFault(
                        pointer: JSONPointer.root.appending("error").appending("details"),
                        message: "has more than \(limit) bytes")
                ])
        }
        var failure = failure
        failure.error = failure.error.bounded
        return try await single(store.fail([failure]))
    }

    /// Ends an attempt without a result. The job becomes pending at once, and the attempt is not counted.
    public func release(_ token: LeaseToken) async throws -> Job {
        try await single(store.release([token]))
    }

    /// Appends lines to the job's log.
    public func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await store.appendLogs(token, lines)
        logWaiters.wake([token.jobID])
    }

    /// Stores a copy of a local file as an artifact of the attempt.
    public func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact {
        let file = try FileReader(path: path)
        return try await putArtifact(token, name: name, contentType: contentType) { try await file.next() }
    }

    /// Stores an artifact of the attempt. The job shows it when the attempt has completed.
    ///
    /// - Parameter next: returns the next bytes; nil at the end.
    /// - Throws: ``LonghaulError``: `lease_lost`, also if the lease ends during the call; `invalid_request` for an
    ///   invalid name; `payload_too_large`; `unavailable` while the disk is almost full.
    public func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, next: () async throws -> [UInt8]?
    ) async throws -> Artifact {
        if let fault = ArtifactName.fault(in: name) { throw LonghaulError(.invalidRequest, fault) }
        try diskFloor.check()
        let limits = configuration.limits.attachments
        let room = try limits.artifactRoom(beside: try await store.artifactUsage(token, besides: name))
        let folder = ArtifactFolder(jobID: token.jobID, fence: token.fence)
        cleaner.willWrite(folder)
        let maxBytes = min(configuration.maxArtifactBytes, room)
        let file: StoredFile
        do {
            file = try await artifacts.put(folder, name: name, maxBytes: maxBytes, next: next)
        } catch let error as LonghaulError where error.code == .payloadTooLarge && maxBytes == room {
            throw limits.artifactsTooLarge
        }
        let artifact = Artifact(
            name: name, sizeBytes: file.sizeBytes, contentType: contentType ?? "application/octet-stream",
            sha256: file.sha256, fence: token.fence)
        do {
            try await store.putArtifact(token, artifact)
        } catch let error as LonghaulError where error.code == .leaseLost || error.code == .payloadTooLarge {
            // Parallel uploads can exceed the limits of the job. If the attempt has an artifact of this name on record,
            // or after any other error, the file stays until the attempt's folder is removed.
            let isRecorded = error.code == .leaseLost ? false : try? await isRecorded(token, name)
            if isRecorded == false { try? await artifacts.remove(folder, name: name) }
            throw error
        }
        return artifact
    }

    /// Whether the attempt has an artifact of this name on record. True as well if another artifact is recorded during
    /// the call.
    private func isRecorded(_ token: LeaseToken, _ name: String) async throws -> Bool {
        let others = try await store.artifactUsage(token, besides: name)
        // No artifact has an empty name, so this counts all of them.
        return try await store.artifactUsage(token, besides: "").count > others.count
    }

    /// The output of a checkpoint; nil if no attempt has written it.
    public func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await store.step(token, name: name)
    }

    /// Writes a checkpoint once. Returns the existing output if the checkpoint was written before.
    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        let lengths = FieldBounds.stepNameLength
        guard TextRule.isPlain(name, lengths) else {
            throw LonghaulError(
                .invalidRequest,
                "the name of a step must have \(lengths.lowerBound) to \(lengths.upperBound) characters, and no U+0000"
            )
        }
        try ValueRule.check(output, "output")
        guard output.bytes.count <= configuration.maxPayloadBytes else {
            throw LonghaulError(
                .payloadTooLarge,
                "the output has \(output.bytes.count) bytes, and the maximum is \(configuration.maxPayloadBytes)"
            )
        }
        return try await store.putStep(token, name: name, output: output)
    }
}

extension NewJob {
    /// The job with the trace of the job that submits it, unless it has a trace of its own.
    func continuing(_ job: Job) -> NewJob {
        var next = self
        if next.spec.traceparent == nil { next.spec.traceparent = job.spec.traceparent }
        return next
    }
}
