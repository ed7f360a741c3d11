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
                access: .scope(.work), summary: "The operations of the job's journal, in their order.",
                query: QueryParameter.journal, answers: [200: .named("JournalPage")], problems: [400, 409],
                handler: read),
            Route(
                method: "POST", pattern: "/v1/leases/{token}/journal", operation: "updateJournal",
                access: .scope(.work), summary: "Starts, ends and cancels operations of the job's journal.",
                body: .named("JournalUpdates"), answers: [200: .named("UpdatedOperations")],
                problems: [400, 409, 413, 415, 503], maxBodyBytes: JournalLimits.updateBytes, handler: update),
            Route(
                method: "POST", pattern: "/v1/leases/{token}/suspend", operation: "suspendJob",
                access: .scope(.work), summary: "Suspends the job until an operation has ended.",
                body: .named("SuspendRequest"), answers: [200: .named("SuspendAnswer")],
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
