import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// Operations on many jobs.
struct BulkRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            route(.cancel, "cancelJobs", "Cancels jobs that have not ended, and their descendants."),
            route(.retry, "retryJobs", "Makes failed, cancelled and retrying jobs pending again."),
            route(.delete, "deleteJobs", "Removes ended jobs with their artifacts."),
        ]
    }

    private func route(_ action: BulkAction, _ operation: String, _ summary: String) -> Route {
        Route(
            method: "POST", pattern: "/v1/jobs/\(action.rawValue)", operation: operation,
            access: .scope(.jobsWrite), summary: summary, body: .named("BulkRequest"),
            answers: [200: .named("BulkCount")], problems: [400, 413, 415, 503]
        ) { request in
            let selection = try await request.decode(BulkRequest.self)
            let count = try await context.engine.change(selection, by: action, grant: request.grant)
            return Answer.json(200, count)
        }
    }
}
