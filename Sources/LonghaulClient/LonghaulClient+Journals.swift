public import LonghaulCore
import LonghaulHTTP
public import LonghaulJSON

/// Journals, signals and operator actions on durable jobs.
extension LonghaulClient {
    /// A page of the journal of a job, in the order of the operations.
    ///
    /// - Parameter number: the number of the operation after which the page begins; 0 for the first page.
    public func journal(of id: JobID, after number: Int64 = 0, limit: Int = 500) async throws -> JournalPage {
        let response = try await send("GET", "/v1/jobs/\(id)/journal?limit=\(limit)&cursor=\(number)")
        return try JournalPage.decode(answer: response.body)
    }

    /// Sends a signal to a job. The first operation that waits for its name consumes it; without one, the job keeps it.
    ///
    /// - Parameter key: an idempotency key. A repeated signal with the same key is sent once.
    /// - Returns: whether the signal is new.
    @discardableResult
    public func signal(
        _ id: JobID, name: String, value: JSONText = .null, key: String? = nil
    ) async throws -> Bool {
        let path = "/v1/jobs/\(id)/signals/" + PathSegment.encode(name)
        let response = try await send(
            "POST", path, json: value, headers: key.map { ["Idempotency-Key": $0] } ?? [:])
        return response.headers["Idempotent-Replayed"] == nil
    }

    /// Sends a signal to the operation of a token. The call needs no key.
    public func signal(_ token: SignalToken, value: JSONText = .null) async throws {
        _ = try await send("POST", "/v1/signals/\(token)", json: value)
    }

    /// Pauses a job that has not ended: no worker receives it until it is resumed.
    public func pause(_ id: JobID) async throws -> Job {
        try Job.decode(answer: try await send("POST", "/v1/jobs/\(id)/pause").body)
    }

    /// Ends the pause of a job.
    public func resume(_ id: JobID) async throws -> Job {
        try Job.decode(answer: try await send("POST", "/v1/jobs/\(id)/resume").body)
    }

    /// Removes an operation and all later ones from the journal of a job, and makes the job pending.
    public func restart(_ id: JobID, from operation: String) async throws -> Job {
        let body = OperationSelection(from: operation)
        return try Job.decode(answer: try await send("POST", "/v1/jobs/\(id)/restart", json: body).body)
    }

    /// Submits a copy of a job with the ended operations before the given one. Returns the copy.
    public func fork(_ id: JobID, from operation: String) async throws -> Job {
        let body = OperationSelection(from: operation)
        return try Job.decode(answer: try await send("POST", "/v1/jobs/\(id)/fork", json: body).body)
    }
}
