public import LonghaulCore
public import LonghaulJSON

extension Engine: WorkerGateway {
    /// Waits for jobs that fit the request, and takes them.
    ///
    /// - Throws: ``LonghaulError`` `unavailable`; `CancellationError` if the task is cancelled: no job is
    ///   then taken.
    public func lease(_ request: LeaseRequest) async throws -> [Lease] {
        let worker = request.worker.id
        let departures = leaseCalls.begin(worker)
        defer { leaseCalls.end(worker) }
        let deadline = time.now().adding(seconds: request.waitSeconds)
        let interest = QueueInterest(
            queues: request.queues, kinds: request.kinds, labels: request.worker.labels)
        // A queue that carries identifiers is asked first: the store's look-up is what it saves.
        let asksQueueFirst = queue.carriesIdentifiers && request.waitSeconds > 0
        var leases = asksQueueFirst ? [] : try await store.claim(request)
        // Where a look found as much as was asked for, another may find more; a queue has its own way of telling.
        var isByLook = true
        while leases.isEmpty, time.now() < deadline, !leaseCalls.hasDeparted(worker, since: departures) {
            switch try await delivery(of: interest, limit: request.maxJobs, until: deadline) {
            case .checkStore, .none:
                leases = try await store.claim(request)
                isByLook = true
            case .jobs(let ids):
                isByLook = false
                do {
                    leases = try await store.claim(ids, for: request)
                } catch {
                    // A broker would keep them for this server as long as their connection lives. The jobs are found
                    // by a look into the store once it is back, or sent again.
                    try? await queue.acknowledge(ids)
                    throw error
                }
                // What stays unacknowledged is delivered again, and then does nothing.
                try? await queue.acknowledge(ids)
            }
        }
        if leases.count == request.maxJobs, isByLook { queue.wake(interest) }
        guard !leases.isEmpty else { return [] }
        maintenance.plan(time.now().adding(seconds: request.leaseSeconds))
        let hasDeparted = leaseCalls.hasDeparted(worker, since: departures)
        if Task.isCancelled || hasDeparted {
            // The worker is gone. The jobs go back at once instead of waiting out their leases.
            _ = await store.release(leases.map(\.token))
            if hasDeparted { return [] }
            throw CancellationError()
        }
        return leases
    }

    /// What the queue delivers, or word that the store should be looked at: after a while in any case, and while
    /// the queue is away.
    private func delivery(
        of interest: QueueInterest, limit: Int, until deadline: Timestamp
    ) async throws -> QueueDelivery {
        let poll = min(deadline, time.now().adding(seconds: configuration.slowPollSeconds))
        do {
            return try await queue.receive(interest, limit: limit, until: poll)
        } catch let error as LonghaulError where error.isTransient {
            try await time.sleep(until: min(poll, time.now().adding(seconds: configuration.awayPollSeconds)))
            return .checkStore
        }
    }

    /// Renews leases, keeps progress, and notes that the worker lives.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        var heartbeat = heartbeat
        for index in heartbeat.beats.indices {
            heartbeat.beats[index].progress = heartbeat.beats[index].progress?.bounded
        }
        return try await store.heartbeat(heartbeat)
    }

    /// Forgets a worker that has stopped, and gives back what it still holds, the attempts not counted.
    ///
    /// - Returns: the jobs that went back.
    /// - Throws: ``LonghaulError`` `not_found` if the worker is not known and holds nothing.
    public func deregister(_ workerID: String) async throws -> [JobID] {
        leaseCalls.depart(workerID)
        guard let held = try await store.deleteWorker(workerID) else {
            throw LonghaulError(.notFound, "there is no worker \(workerID)")
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

    /// Ends attempts with success; answers each, in order.
    public func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        var answers = [Result<Job, LonghaulError>?](repeating: nil, count: completions.count)
        var accepted: [StoreCompletion] = []
        var places: [Int] = []
        for (index, completion) in completions.enumerated() {
            switch await prepared(completion) {
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
        return answers.map { $0 ?? .failure(LonghaulError(.internal, "the store answered nothing")) }
    }

    /// What one transaction completes, by weight: other calls go on between two slices.
    private static let completionWeight = 1000

    /// The slices in which completions are stored. Each completion is stored as a whole.
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

    private func prepared(_ completion: Completion) async -> Result<StoreCompletion, LonghaulError> {
        let limit = configuration.maxPayloadBytes
        guard completion.result.bytes.count <= limit else {
            return .failure(
                LonghaulError(
                    .payloadTooLarge,
                    "the result has \(completion.result.bytes.count) bytes, more than the \(limit) allowed: "
                        + "leave large output as an artifact"))
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
            return .success(
                StoreCompletion(
                    token: completion.token, result: completion.result, next: next.submissions,
                    progress: progress))
        } catch {
            return .failure(LonghaulError(wrapping: error))
        }
    }

    /// Ends an attempt with an error. Its type and message are never refused: what cannot be stored of them is
    /// replaced or cut, see ``ReportText``.
    ///
    /// - Throws: ``LonghaulError``: `lease_lost`; `invalid_request` for details that break ``ValueRule``,
    ///   `payload_too_large` for details over the limit of a payload.
    public func fail(_ failure: Failure) async throws -> Job {
        try ValueRule.check(failure.error.details, "error", "details")
        let limit = configuration.maxPayloadBytes
        if let details = failure.error.details, details.bytes.count > limit {
            throw LonghaulError(
                .payloadTooLarge,
                "the details have \(details.bytes.count) bytes, more than the \(limit) allowed",
                faults: [
                    JSONFault(
                        pointer: JSONPointer.root.appending("error").appending("details"),
                        message: "has more than \(limit) bytes")
                ])
        }
        var failure = failure
        failure.error = failure.error.bounded
        return try await only(store.fail([failure]))
    }

    /// Gives a job back unfinished.
    public func release(_ token: LeaseToken) async throws -> Job {
        try await only(store.release([token]))
    }

    /// Adds lines to the job's log.
    public func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await store.appendLogs(token, lines)
        logLines.wake([token.jobID])
    }

    /// Keeps a file of the attempt, read from this machine.
    public func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact {
        let file = try FileReader(path: path)
        return try await putArtifact(token, name: name, contentType: contentType) { try await file.next() }
    }

    /// Keeps a file of the attempt. It is visible on the job once the attempt has completed.
    ///
    /// - Parameter next: gives the next bytes; nil at the end.
    /// - Throws: ``LonghaulError``: `lease_lost`, also if the lease ends during the writing;
    ///   `invalid_request` for a bad name; `payload_too_large`.
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

    /// The output of a checkpoint; nil if it was not reached yet.
    public func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await store.step(token, name: name)
    }

    /// Writes a checkpoint, once; answers the output that stands.
    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        let lengths = FieldBounds.stepNameLength
        guard TextRule.isPlain(name, lengths) else {
            throw LonghaulError(
                .invalidRequest,
                "a step's name has \(lengths.lowerBound) to \(lengths.upperBound) characters, none of them U+0000"
            )
        }
        try ValueRule.check(output, "output")
        guard output.bytes.count <= configuration.maxPayloadBytes else {
            throw LonghaulError(
                .payloadTooLarge, "the output has more than \(configuration.maxPayloadBytes) bytes")
        }
        return try await store.putStep(token, name: name, output: output)
    }
}

extension NewJob {
    /// The request, in the trace of the job that it follows unless it names its own.
    fileprivate func continuing(_ job: Job) -> NewJob {
        var next = self
        if next.spec.traceparent == nil { next.spec.traceparent = job.spec.traceparent }
        return next
    }
}
