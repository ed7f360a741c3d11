import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The calls of a worker for the journal of the job that it holds.
struct JournalRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/leases/{token}/journal", operation: "readLeasedJournal",
                tag: .workers,
                access: .scope(.work), summary: "The operations of the job's journal, in their order.",
                description: """
                    A lease has the first operations. `cursor` is the `next_cursor` of the lease or of an \
                    earlier page.
                    """,
                query: QueryParameter.journal, answers: [200: .named("JournalPage")], problems: [400, 409],
                handler: read),
            Route(
                method: "POST", pattern: "/v1/leases/{token}/journal", operation: "updateJournal",
                tag: .workers,
                access: .scope(.work), summary: "Starts, ends and cancels operations of the job's journal.",
                description: """
                    At most \(JournalLimits.updates.upperBound) updates and 1 MiB in one commit: all of them, \
                    or none if one is invalid. The answer has each operation as it then stands, in the order of \
                    the updates. Starting an operation that exists has no effect. Another type or name under a \
                    known `id` is 409 `nondeterministic`, and pauses the job. 413 beyond the limits of a \
                    journal: 10,000 operations, 16 MiB, and 256 KiB for an output.
                    """,
                body: .named("JournalUpdates"),
                example: #"""
                    {"updates": [{"id": "0.1", "type": "step", "name": "create account", "action": "start"},
                    {"id": "0.1", "type": "step", "name": "create account", "action": "succeed",
                    "output": {"id": 7}}, {"id": "0.2", "type": "signal", "name": "approved", "action": "start",
                    "options": {"timeout_seconds": 86400}}]}
                    """#, answers: [200: .named("UpdatedOperations")],
                problems: [400, 409, 413, 415, 503], maxBodyBytes: JournalLimits.updateBytes, handler: update),
            Route(
                method: "POST", pattern: "/v1/leases/{token}/suspend", operation: "suspendJob", tag: .workers,
                access: .scope(.work), summary: "Suspends the job until an operation has ended.",
                description: """
                    The lease ends, and the attempt does not count. The job is pending again when one of its \
                    waiting operations ends. If one in `on` has ended already, the answer has `ready` and the \
                    lease continues. An identifier that is unknown, or of an operation that never waited, is \
                    400.
                    """,
                body: .named("SuspendRequest"),
                example: #"{"on": ["0.2"]}"#, answers: [200: .named("SuspendAnswer")],
                examples: [200: JobExample.suspended],
                problems: [400, 409, 413, 415, 503], handler: suspend),
        ]
    }

    @Sendable
    private func read(_ request: APIRequest) async throws -> HTTPResponse {
        let page = try await context.engine.journal(
            request.token, after: try request.operationNumber(), limit: request.limit())
        return Answer.journal(page, signalling: request.token.jobID)
    }

    @Sendable
    private func update(_ request: APIRequest) async throws -> HTTPResponse {
        let list = try await request.decode(OperationUpdateList.self)
        let operations = try await context.engine.updateJournal(
            request.token, list.updates, grant: request.grant)
        return Answer.json(200, UpdatedOperations(of: request.token.jobID, operations: operations))
    }

    @Sendable
    private func suspend(_ request: APIRequest) async throws -> HTTPResponse {
        let wanted = try await request.decode(SuspendRequest.self)
        return Answer.json(200, try await context.engine.suspend(request.token, on: wanted.on))
    }
}

extension QueryParameter {
    /// The parameters of a page of a journal.
    static let journal = page(cursor: "^[0-9]{1,18}$")
}

extension APIRequest {
    /// The number of the operation after which a page of a journal begins.
    func operationNumber() throws(LonghaulError) -> Int64 {
        try query("cursor", "the next_cursor of an earlier page") { Int64($0) } ?? 0
    }
}

extension Answer {
    /// A page of a journal.
    ///
    /// - Parameter job: the job of the journal, if the caller may signal it.
    static func journal(_ page: JournalPage, signalling job: JobID?) -> HTTPResponse {
        Answer.page(page.operations, next: page.next.map(String.init), cursor: { "\($0.number)" }) {
            $0.write(to: &$1, signalling: job)
        }
    }
}
