public import LonghaulCore
import LonghaulHTTP
public import LonghaulJSON

extension LonghaulClient: WorkerGateway {
    /// Waits for jobs and takes them.
    public func lease(_ request: LeaseRequest) async throws -> [Lease] {
        try await reaching {
            let response = try await send(
                "POST", "/v1/leases", json: request, waitSeconds: request.waitSeconds)
            return try LeaseList.decode(answer: response.body).leases
        }
    }

    /// Proves that the worker lives, and keeps its leases.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await reaching {
            try HeartbeatOutcome.decode(
                answer: try await send("POST", "/v1/leases/heartbeat", json: heartbeat).body)
        }
    }

    /// Ends attempts with success; answers each.
    public func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        try await reaching {
            let list = CompletionList(completions: completions)
            let response = try await send("POST", "/v1/leases/complete", json: list)
            return try CompletionAnswers.decode(answer: response.body).answers
        }
    }

    /// Ends an attempt with a fault.
    public func fail(_ failure: Failure) async throws -> Job {
        try await reaching {
            try Job.decode(
                answer: try await send("POST", path(failure.token, "fail"), json: failure.body).body)
        }
    }

    /// Gives a job back unfinished.
    public func release(_ token: LeaseToken) async throws -> Job {
        try await reaching { try Job.decode(answer: try await send("POST", path(token, "release")).body) }
    }

    /// Says that a worker has stopped; answers the jobs that it still held.
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

    /// Keeps a file of the attempt.
    public func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path file: String
    ) async throws -> Artifact {
        try await reaching {
            // Big files take long, so only a stall ends the call, never the time that it takes.
            let request = HTTPClientRequest(
                method: "PUT", url: server + path(token, "artifacts/" + PathSegment.encode(name)),
                headers: ["Content-Type": contentType ?? "application/octet-stream"],
                body: .file(path: file), stallTimeout: .seconds(60))
            let response = try await http.send(request)
            guard response.isSuccess else { throw Self.refusal(response) }
            return try Artifact.decode(answer: response.body)
        }
    }

    /// The output of a checkpoint; nil if it was not reached yet.
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

    /// Writes a checkpoint, once; answers the output that stands.
    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await reaching {
            let step = path(token, "steps/" + PathSegment.encode(name))
            let response = try await send("PUT", step, json: StepOutput(output: output))
            return try StepOutput.decode(answer: response.body).output
        }
    }

    private func path(_ token: LeaseToken, _ rest: String) -> String {
        "/v1/leases/\(token)/\(rest)"
    }

    /// Runs a call of a worker: a server that cannot be reached is `unavailable` to it.
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
                // The attempt has ended, whether the job can be read here or not: its faults stay with it.
                var job = JSONObjectReader(node, at: .root, faults: JSONFaults())
                return .success(Job.read(&job))
            }
            let problem = entry.text("problem").flatMap {
                LonghaulError(problem: $0.bytes, retryAfterSeconds: nil)
            }
            return .failure(problem ?? LonghaulError(.internal, "the answer cannot be understood"))
        }
        return CompletionAnswers(answers: answers ?? [])
    }
}
