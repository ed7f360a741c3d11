import LonghaulClient
import LonghaulCore

extension Commands {
    static let get = Command(
        name: "get", summary: "Shows a job.", arguments: [.job], options: [Options.json] + Options.client
    ) { invocation in
        let id = try invocation.read(0, as: .jobID)
        let job = try await invocation.withClient { try await $0.job(id) }
        if try invocation.value(Options.json) {
            try Console.print(json: job)
        } else {
            try Console.print(JobText.lines(of: job, at: SystemTime().now()).joined(separator: "\n"))
        }
        return .done
    }

    static let wait = Command(
        name: "wait", summary: "Waits until jobs have ended and shows their progress.", arguments: [.jobs],
        options: [Options.json] + Options.client,
        notes: ["Each job is printed when it ends. The exit code is 1 unless all jobs were completed."]
    ) { invocation in
        let ids = try invocation.readAll(as: .jobID)
        let asJSON = try invocation.value(Options.json)
        return try await invocation.withClient { client in
            try await JobWatch.wait(for: ids, client) { job in
                if asJSON { try Console.print(json: job) } else { try Console.print(Format.ending(of: job)) }
            }
        }
    }

    static let cancel = jobAction(
        "cancel", "Cancels jobs that have not ended, and their descendants.", [Options.keepChildren]
    ) { invocation, client, id in
        try await client.cancel(id, children: try !invocation.value(Options.keepChildren))
    }

    static let retry = jobAction("retry", "Makes failed, cancelled or retrying jobs pending again.") {
        try await $1.retry($2)
    }

    /// A command that calls the server for each of its jobs.
    static func jobAction(
        _ name: String, _ summary: String, _ options: [any DeclaredOption] = [],
        _ call: @escaping @Sendable (Invocation, LonghaulClient, JobID) async throws -> Job
    ) -> Command {
        Command(
            name: name, summary: summary, arguments: [.jobs],
            options: options + [Options.json] + Options.client
        ) { invocation in
            let asJSON = try invocation.value(Options.json)
            try await invocation.withClient { client in
                for id in try invocation.readAll(as: .jobID) {
                    let job = try await call(invocation, client, id)
                    if asJSON {
                        try Console.print(json: job)
                    } else {
                        try Console.print("\(job.id) \(stateText(job))")
                    }
                }
            }
            return .done
        }
    }

    private static func stateText(_ job: Job) -> String {
        switch job.state {
        case .processing where job.isStopping, .pending where job.isStopping:
            "\(job.state.rawValue); the execution stops, and a second cancellation ends it at once"
        case .processing where job.isPaused: "processing; it is paused when its worker suspends it"
        // The worker of a running job receives the cancellation with its next heartbeat.
        case .processing: "processing; its worker stops it at the next heartbeat"
        case .pending where job.isCancelling: "pending; it runs its compensations, then it is cancelled"
        default: job.state.rawValue + (job.isPaused ? "; paused" : "")
        }
    }
}

extension Job {
    /// Whether it is an execution of a state machine that was asked to stop.
    fileprivate var isStopping: Bool { isCancelling && spec.kind == JobSpec.executionKind }
}
