import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The liveness and readiness checks.
struct HealthRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/healthz", operation: "healthz", tag: .monitoring, access: .open,
                summary: "Answers while the process is running.",
                description: "Checks only that the process is running.", answers: [200: .named("Health")],
                handler: { _ in Answer.json(200) { $0.object { $0.field("status", "ok") } } }),
            Route(
                method: "GET", pattern: "/readyz", operation: "readyz", tag: .monitoring, access: .monitoring,
                summary: "Answers 200 if store, queue and artifact store are available.",
                description: "503 names the component that does not answer.",
                answers: [200: .named("Health")], examples: [200: #"{"status": "ready"}"#], problems: [503],
                handler: ready),
        ]
    }

    @Sendable
    private func ready(_ request: APIRequest) async throws -> HTTPResponse {
        let standstills = context.configuration.standstills()
        guard standstills.isEmpty else {
            let names = standstills.joined(separator: ", ")
            throw LonghaulError(
                .unavailable, "not ready: work is waiting and nothing progresses in: \(names)")
        }
        let unready = await context.engine.unreadyComponents()
        guard unready.isEmpty else {
            let reasons = unready.map { "\($0.component): \($0.error.detail)" }.joined(separator: "; ")
            throw LonghaulError(.unavailable, "not ready: " + reasons)
        }
        let low = context.engine.diskFloor.disks.contains(where: \.isLow)
        return Answer.json(200) { writer in
            writer.object { writer in
                writer.field("status", "ready")
                if low {
                    writer.field("warning", "the disk is almost full: submissions and uploads are refused")
                }
            }
        }
    }
}
