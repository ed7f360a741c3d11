import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The routes of dead letters, which are jobs that failed for good.
struct DeadLetterRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/dead-letters", operation: "listDeadLetters", tag: .deadLetters,
                access: .scope(.jobsRead),
                summary: "Lists the jobs that failed for good, newest first.",
                description: "The filters are those of the job list.",
                query: QueryParameter.page + [QueryParameter.fields] + Self.jobFilter,
                answers: [200: .named("JobPage")], examples: [200: #"{"items": \#(JobExample.failed)}"#],
                problems: [400], handler: list),
            Route(
                method: "GET", pattern: "/v1/dead-letters/groups", operation: "listDeadLetterGroups",
                tag: .deadLetters,
                access: .scope(.jobsRead),
                summary: "Dead letters by queue, kind and error, the largest group first.",
                description:
                    "A group is a queue, a kind and an error whose changing parts, such as numbers, are folded.",
                query: QueryParameter.page(
                    cursor: "^g1\\.[0-9]{1,18}\\.[0-9a-f]{16}\\.[A-Za-z0-9._-]{1,100}$")
                    + Self.groupFilter,
                answers: [200: .named("DeadLetterGroupPage")], problems: [400], handler: groups),
            Route(
                method: "POST", pattern: "/v1/dead-letters/redrive", operation: "redriveDeadLetters",
                tag: .deadLetters,
                access: .scope(.jobsWrite),
                summary: "Makes dead letters pending again. Their attempts are counted from zero.",
                description: "Selects jobs by `ids`, or by `filter` with an optional `limit`.",
                body: .named("DeadLetterSelection"),
                example: #"{"filter": {"kind": "mail.send"}, "limit": 100}"#,
                answers: [200: .named("DeadLetterCount")],
                problems: [400, 413, 415, 503], handler: { try await settle($0, .redrive) }),
            Route(
                method: "POST", pattern: "/v1/dead-letters/discard", operation: "discardDeadLetters",
                tag: .deadLetters,
                access: .scope(.jobsWrite),
                summary: "Removes dead letters with their logs and artifacts.",
                description: """
                    Selects jobs by `ids`, or by `filter` with an optional `limit`. Their artifacts are removed \
                    as well.
                    """,
                body: .named("DeadLetterSelection"),
                example: #"{"ids": ["01936f2a-7c3b-7e51-9d0f-3b6c1a2e4f58"]}"#,
                answers: [200: .named("DeadLetterCount")],
                problems: [400, 413, 415, 503], handler: { try await settle($0, .discard) }),
        ]
    }

    /// The filters of jobs without `state`: dead letters have one state.
    private static let jobFilter = QueryParameter.jobFilter.map { parameter in
        var parameter = parameter
        if parameter.name == "state" {
            parameter.schema = .list(.choice([JobState.failed.rawValue]))
        }
        return parameter
    }

    private static let groupFilter =
        [
            QueryParameter(name: "queue", description: "Only jobs of this queue."),
            QueryParameter(name: "kind", description: "Only jobs of this kind."),
        ] + QueryParameter.errorFilter

    @Sendable
    private func list(_ request: APIRequest) async throws -> HTTPResponse {
        let reading = request.jobReading()
        var filter = try request.jobFilter()
        filter.states = [.failed]
        let cursor = try request.query("cursor", "the next_cursor of an earlier page") { JobCursor($0) }
        let page = try await context.engine.jobs(
            filter, after: cursor, limit: request.limit(), reading: reading, grant: request.grant)
        return request.answer(page, reading)
    }

    @Sendable
    private func groups(_ request: APIRequest) async throws -> HTTPResponse {
        var filter = DeadLetterGroupFilter()
        filter.queue = request.http.query.first("queue")
        filter.kind = request.http.query.first("kind")
        filter.fingerprint = request.http.query.first("fingerprint")
        filter.errorType = request.http.query.first("error_type")
        if let queue = filter.queue { try request.grant.require(queue: queue) }
        if let kind = filter.kind { try request.grant.require(kind: kind) }
        let cursor = try request.query("cursor", "the next_cursor of an earlier page") {
            DeadLetterGroupCursor($0)
        }
        let page = try await context.engine.deadLetterGroups(
            filter, after: cursor, limit: request.limit())
        let covered = page.groups.filter {
            request.grant.covers(queue: $0.queue) && request.grant.covers(kind: $0.kind)
        }
        return Answer.page(covered, next: page.next?.description) {
            DeadLetterGroupCursor(after: $0).description
        }
    }

    private func settle(_ request: APIRequest, _ action: DeadLetterAction) async throws -> HTTPResponse {
        let selection = try await request.decode(DeadLetterRequest.self).selection
        let count = try await context.engine.resolveDeadLetters(
            selection, by: action, grant: request.grant)
        return Answer.json(200, DeadLetterCount(count: count))
    }
}
