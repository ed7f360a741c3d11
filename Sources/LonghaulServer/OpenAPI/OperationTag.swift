import LonghaulCore

/// The groups of calls in the document.
enum OperationTag: String, CaseIterable {
    case jobs
    case durableJobs = "durable jobs"
    case stateMachines = "state machines"
    case events, artifacts, webhooks
    case deadLetters = "dead letters"
    case schedules, queues, workers, keys, audit, monitoring

    /// The description of the group.
    var description: String {
        switch self {
        case .jobs: "Submit, read, cancel, retry and delete jobs."
        case .durableJobs: "Journals, signals, and operator actions on jobs that run in many steps."
        case .stateMachines: "State machines in the Amazon States Language, and their executions."
        case .events: "Live changes and logs."
        case .artifacts: "Files of jobs."
        case .webhooks: "Notifications of the ends of jobs."
        case .deadLetters: "Jobs that failed for good."
        case .schedules: "Jobs that are submitted at the times of a cron expression."
        case .queues: "Bounds, pauses and routing."
        case .workers: "Leases, heartbeats and reports of workers."
        case .keys: "API keys, and sessions of the dashboard."
        case .audit: "The log of changes that people and API keys made."
        case .monitoring: "Health, metrics and scaling."
        }
    }

    private static let durableCalls: Set<String> = ["journal", "pause", "resume", "restart", "fork"]

    init(_ route: Route) {
        let parts = route.pattern.split(separator: "/").map(String.init)
        let last = parts.last ?? ""
        switch parts.dropFirst().first {
        case "jobs" where parts.contains("artifacts"): self = .artifacts
        case "jobs" where last == "events" || last == "logs": self = .events
        case "jobs" where parts.contains("deliveries"): self = .webhooks
        case "deliveries", "webhooks": self = .webhooks
        case "jobs" where parts.contains("signals") || Self.durableCalls.contains(last): self = .durableJobs
        case "signals": self = .durableJobs
        case "state-machines", "executions", "definition-checks", "state-tests": self = .stateMachines
        case "jobs": self = .jobs
        case "events": self = .events
        case "dead-letters": self = .deadLetters
        case "schedules", "schedule-ticks": self = .schedules
        case "queues" where last != "history": self = .queues
        case "routing": self = .queues
        case "leases", "workers": self = .workers
        case "keys", "session": self = .keys
        case "audit": self = .audit
        default: self = .monitoring
        }
    }
}

/// A parameter in the path of a call.
struct PathParameter {
    let description: String
    let schema: Schema

    init(_ name: String, of route: Route) {
        switch (name, OperationTag(route)) {
        case ("token", .durableJobs):
            description = "The token in the operation that waits for the signal."
            schema = .string(68...68, pattern: "^lhs_[0-9a-f]{64}$")
        case ("token", _):
            description = "The token of the lease."
            schema = .token
        case ("delivery", _):
            description = "The webhook delivery's identifier."
            schema = .uuid
        case ("id", .workers):
            description = "The worker's identifier."
            schema = .name(FieldBounds.workerIDLength, "^/\\u0000")
        case ("id", .keys):
            description = "The identifier of the key, which is a part of it."
            schema = .string(16...16, pattern: "^[0-9a-f]{16}$")
        case ("id", .stateMachines):
            description = "The execution's identifier, which is that of its job."
            schema = .uuid
        case ("name", .stateMachines):
            description = "The state machine's name."
            schema = .stateName
        case ("id", _):
            description = "The job's identifier."
            schema = .uuid
        case ("name", .queues), ("name", .monitoring):
            description = "The queue's name."
            schema = .queue
        case ("name", .durableJobs):
            description = "The signal's name."
            schema = .name(FieldBounds.operationNameLength, "^/\\u0000")
        case ("name", .schedules):
            description = "The schedule's name."
            schema = .queue
        case _ where route.pattern.contains("/artifacts/"):
            description =
                "The file's name: one path segment without control characters, and without a dot or space at its start."
            schema = .string(1...200, pattern: "^[A-Za-z0-9_~!@$&'()+,;=-][A-Za-z0-9._~!@$&'()+,;=-]{0,199}$")
        default:
            description = "The step's name, unique within the job."
            schema = .name(FieldBounds.stepNameLength, "^/\\u0000")
        }
    }
}
