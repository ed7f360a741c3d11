import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// Operations on many jobs.
struct BulkRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            route(
                .cancel, "cancelJobs", "Cancels jobs that have not ended, and their descendants.",
                #"{"filter": {"queue": "mail", "state": ["pending", "scheduled"]}, "limit": 500, "dry_run": true}"#
            ),
            route(
                .retry, "retryJobs", "Makes failed, cancelled and retrying jobs pending again.",
                #"{"filter": {"state": "failed", "error_type": "SMTPError"}}"#),
            route(
                .delete, "deleteJobs", "Removes ended jobs with their artifacts.",
                #"{"ids": ["01936f2a-7c3b-7e51-9d0f-3b6c1a2e4f58"]}"#),
        ]
    }

    private func route(_ action: BulkAction, _ operation: String, _ summary: String, _ example: String)
        -> Route
    {
        Route(
            method: "POST", pattern: "/v1/jobs/\(action.rawValue)", operation: operation, tag: .jobs,
            access: .scope(.jobsWrite), summary: summary,
            description: """
                Selects jobs by `ids`, or by `filter` with an optional `limit`: 1,000 by default. Jobs for which the \
                operation is not possible are left as they are. With `dry_run` the jobs are only counted.
                """, body: .named("BulkRequest"), example: example,
            answers: [200: .named("BulkCount")], problems: [400, 413, 415, 503]
        ) { request in
            let selection = try await request.decode(BulkRequest.self)
            let count = try await context.engine.change(selection, by: action, grant: request.grant)
            return Answer.json(200, count)
        }
    }
}
