import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The routes of the audit log.
struct AuditRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/audit", operation: "listAuditRecords", tag: .audit,
                access: .scope(.admin),
                summary: "The changes that people and API keys made, newest first.",
                description: """
                    A record must match all filters. A page reads a bounded number of records, so with filters \
                    it can have fewer than `limit`, and even none, with a cursor to the next one. `chain` has \
                    the ends of the hash chain.
                    """,
                query: QueryParameter.page(cursor: "^a1\\.[1-9][0-9]{0,17}$") + Self.filter,
                answers: [200: .named("AuditPage")], problems: [400], handler: list)
        ]
    }

    private static let filter = [
        QueryParameter(
            name: "action", description: "Only changes of this type.",
            schema: .choice(AuditAction.allCases.map(\.rawValue))),
        QueryParameter(name: "caller", description: "Only changes of this caller."),
        QueryParameter(
            name: "subject",
            description: "Only changes of this object: the ID of a job, or the name of a queue, for example."),
        QueryParameter(
            name: "created_after", description: "Only changes at or after this time.", schema: .time),
        QueryParameter(name: "created_before", description: "Only changes before this time.", schema: .time),
        QueryParameter(
            name: "fields", description: "summary omits before and after. all is the default.",
            schema: .choice(["summary", "all"])),
    ]

    @Sendable
    private func list(_ request: APIRequest) async throws -> HTTPResponse {
        var filter = AuditFilter()
        filter.action = request.http.query.first("action").flatMap(AuditAction.init(rawValue:))
        filter.caller = request.http.query.first("caller")
        filter.subject = request.http.query.first("subject")
        let time = "a time in RFC 3339"
        filter.createdAfter = try request.query("created_after", time) { Timestamp(rfc3339: $0) }
        filter.createdBefore = try request.query("created_before", time) { Timestamp(rfc3339: $0) }
        let cursor = try request.query("cursor", "the next_cursor of an earlier page") { AuditCursor($0) }
        let isSummary = request.http.query.first("fields") == "summary"
        let page = try await context.engine.auditRecords(
            filter, before: cursor?.number, limit: request.limit())
        return Answer.page(
            page.records, next: page.next.map { AuditCursor(before: $0).description },
            cursor: { AuditCursor(before: $0.number).description },
            more: { $0.field("chain", page.chain) },
            write: { record, writer in record.write(to: &writer, isSummary: isSummary) })
    }
}
