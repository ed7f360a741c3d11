import LonghaulTestSupport
import Testing

/// Calls of a worker of durable jobs.
extension TestServer {
    /// Sends updates of the journal of the job that a token holds.
    func update(_ token: String, _ updates: String...) async throws -> Answer {
        try await call(
            "POST", "/v1/leases/\(token)/journal", #"{"updates": [\#(updates.joined(separator: ","))]}"#)
    }

    /// Suspends the job that a token holds until one of these operations has ended.
    func suspend(_ token: String, on ids: String...) async throws -> Answer {
        let on = ids.map { "\"\($0)\"" }.joined(separator: ",")
        return try await call("POST", "/v1/leases/\(token)/suspend", #"{"on": [\#(on)]}"#)
    }

    /// Submits a job, starts its operations, and suspends it until one of them has ended.
    ///
    /// - Returns: the ID of the job, and its operations.
    func suspended(_ updates: String, on ids: String...) async throws -> (id: String, operations: JSONValue) {
        let id = try await submit(#"{"kind": "flow", "payload": {"n": 1}}"#)
        let lease = try #require(try await self.lease(wait: 30))
        let started = try await update(lease.token, updates)
        guard started.status == 200 else { throw TestFailure("\(started)") }
        let on = ids.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await call("POST", "/v1/leases/\(lease.token)/suspend", #"{"on": [\#(on)]}"#)
        guard answer.status == 200, try answer.string("state") == "suspended" else {
            throw TestFailure("\(answer)")
        }
        return (id, try started.value("operations"))
    }

    /// The token of the operation of a suspended job that waits for a signal, in a path.
    func signalPath(
        name: String = "confirmed", timeout: Double = 600
    ) async throws -> (id: String, path: String) {
        let (id, operations) = try await suspended(
            #"""
            {"id": "0", "type": "signal", "name": "\#(name)", "action": "start",
             "options": {"timeout_seconds": \#(timeout)}}
            """#, on: "0")
        return (id, "/v1/signals/" + (try operations.string("0.signal_token")))
    }
}
