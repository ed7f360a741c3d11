public import LonghaulCore
import LonghaulHTTP
public import LonghaulJSON

extension LonghaulClient: WorkerGateway {
    /// Leases jobs, and waits for the first one.
    public func lease(_ request: LeaseRequest) async throws -> [Lease] {
        try await reaching {
            let response = try await send(
                "POST", "/v1/leases", json: request, waitSeconds: request.waitSeconds)
            return try LeaseList.decode(answer: response.body).leases
        }
    }

    /// Sends a heartbeat and renews leases.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await reaching {
            try HeartbeatOutcome.decode(
                answer: try await send("POST", "/v1/leases/heartbeat", json: heartbeat).body)
        }
    }

    /// Completes attempts. Returns a result for each.
    public func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        try await reaching {
            let list = CompletionList(completions: completions)
            let response = try await send("POST", "/v1/leases/complete", json: list)
            return try CompletionAnswers.decode(answer: response.body).answers
        }
    }

    /// Fails an attempt.
    public func fail(_ failure: Failure) async throws -> Job {
        try await reaching {
            try Job.decode(
                answer: try await send("POST", path(failure.token, "fail"), json: failure.body).body)
        }
    }

    /// Releases a job.
    public func release(_ token: LeaseToken) async throws -> Job {
        try await reaching { try Job.decode(answer: try await send("POST", path(token, "release")).body) }
    }

    /// Deregisters a worker. Returns the leases that it still held.
    public func deregister(_ workerID: String) async throws -> [JobID] {
        try await reaching {
            let path = "/v1/workers/" + PathSegment.encode(workerID)
            return try ReleasedJobs.decode(answer: try await send("DELETE", path).body).jobs
        }
    }

    /// Adds lines to the job's log.
    public func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await reaching {
            _ = try await send("POST", path(token, "logs"), json: LogBatch(lines: lines))
        }
    }

    /// Uploads an artifact of the attempt.
    public func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path file: String
    ) async throws -> Artifact {
        try await reaching {
            // Large files take long, so only an idle connection ends the call, not the total time. After the last byte, S3
            // needs minutes to join the parts of a file of many gigabytes.
            let request = HTTPClientRequest(
                method: "PUT", url: base + path(token, "artifacts/" + PathSegment.encode(name)),
                headers: ["Content-Type": contentType ?? "application/octet-stream"],
                body: .file(path: file), stallTimeout: .seconds(360))
            return try Artifact.decode(answer: try await checked(request).body)
        }
    }

    /// The output of a checkpoint; nil if it is not stored yet.
    public func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await reaching {
            do {
                let step = path(token, "steps/" + PathSegment.encode(name))
                return try StepOutput.decode(answer: try await send("GET", step).body).output
            } catch let error as LonghaulError where error.code == .notFound {
                return nil
            }
        }
    }

    /// Stores a checkpoint once. Returns the stored output.
    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await reaching {
            let step = path(token, "steps/" + PathSegment.encode(name))
            let response = try await send("PUT", step, json: StepOutput(output: output))
            return try StepOutput.decode(answer: response.body).output
        }
    }

    /// The operations of the job's journal after a number.
    public func journal(_ token: LeaseToken, after number: Int64) async throws -> JournalPage {
        try await reaching {
            let query = "journal?limit=\(JournalPage.followingCount)&cursor=\(number)"
            return try JournalPage.decode(answer: try await send("GET", path(token, query)).body)
        }
    }

    /// Changes the journal in one commit.
    public func updateJournal(
        _ token: LeaseToken, _ updates: [OperationUpdate]
    ) async throws -> [JournalOperation] {
        try await reaching {
            let response = try await send(
                "POST", path(token, "journal"), json: OperationUpdateList(updates: updates))
            return try UpdatedOperations.decode(answer: response.body).operations
        }
    }

    /// Suspends the job until an operation ends.
    public func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        try await reaching {
            let response = try await send("POST", path(token, "suspend"), json: SuspendRequest(on: ids))
            return try SuspendOutcome.decode(answer: response.body)
        }
    }

    /// Begins the job again with another payload and an empty journal.
    public func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        try await reaching {
            let body = CompletionBody.continueAsNew(payload: payload)
            return try Job.decode(answer: try await send("POST", path(token, "complete"), json: body).body)
        }
    }

    private func path(_ token: LeaseToken, _ rest: String) -> String {
        "/v1/leases/\(token)/\(rest)"
    }

    /// Runs a call of a worker. Converts the error of an unreachable server to `unavailable`.
    private func reaching<Value>(_ call: () async throws -> Value) async throws -> Value {
        do {
            return try await call()
        } catch let error as HTTPClientError {
            if error.code == .cancelled { throw CancellationError() }
            throw LonghaulError(.unavailable, error.message)
        }
    }
}

/// The answer to many completions on the wire.
private struct CompletionAnswers: JSONReadable {
    let answers: [Result<Job, LonghaulError>]

    static func read(_ reader: inout JSONObjectReader) -> CompletionAnswers {
        let answers = reader.objects("completions") { entry -> Result<Job, LonghaulError> in
            if let node = entry.node("job"), !node.isNull {
                // The attempt has ended, even if this client cannot read the job. So errors in the job are ignored.
                var job = JSONObjectReader(node, at: .root, faults: JSONFaults())
                return .success(Job.read(&job))
            }
            let problem = entry.text("problem").flatMap {
                LonghaulError(problem: $0.bytes, retryAfterSeconds: nil)
            }
            return .failure(problem ?? LonghaulError(.internal, "the answer of the server is invalid"))
        }
        return CompletionAnswers(answers: answers ?? [])
    }
}
