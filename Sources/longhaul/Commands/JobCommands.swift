import LonghaulClient
import LonghaulCore
import LonghaulJSON

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

    static let cancel = bulkAction(
        .cancel, "Cancels jobs that have not ended, and their descendants.", [Options.keepChildren]
    ) { invocation, client, id in
        try await client.cancel(id, children: try !invocation.value(Options.keepChildren))
    }

    static let retry = bulkAction(.retry, "Makes failed, cancelled or retrying jobs pending again.") {
        try await $1.retry($2)
    }

    static let delete = bulkAction(.delete, "Deletes ended jobs with their logs and artifacts.") {
        try await $1.delete($2)
        return nil
    }

    static let runNow = jobAction("run-now", "Makes scheduled or retrying jobs due now.") {
        try await $1.runNow($2)
    }

    /// A call for one job. It returns nil if the job is deleted.
    typealias JobCall = @Sendable (Invocation, LonghaulClient, JobID) async throws -> Job?

    /// A command that calls the server for each of its jobs.
    static func jobAction(
        _ name: String, _ summary: String, _ options: [any DeclaredOption] = [], _ call: @escaping JobCall
    ) -> Command {
        Command(
            name: name, summary: summary, arguments: [.jobs],
            options: options + [Options.json] + Options.client
        ) { invocation in
            try await callEach(invocation, call)
            return .done
        }
    }

    /// Such a command that also takes filters in place of IDs.
    private static func bulkAction(
        _ action: BulkAction, _ summary: String, _ options: [any DeclaredOption] = [],
        _ call: @escaping JobCall
    ) -> Command {
        Command(
            name: action.rawValue, summary: summary,
            arguments: [
                Argument(
                    name: "ID", help: "The job's ID; may be several.", isRequired: false, isRepeatable: true)
            ],
            options: options + Options.jobFilters
                + [Options.everyJob, Options.selectionLimit, Options.countOnly, Options.json]
                + Options.client,
            notes: [
                "Without IDs, the filters select the jobs. Jobs for which the operation is not possible are left as they are."
            ]
        ) { invocation in
            let filter = try jobFilter(invocation)
            let all = try invocation.value(Options.everyJob)
            let limit = try invocation.value(Options.selectionLimit)
            let isDryRun = try invocation.value(Options.countOnly)
            func fault(_ message: String) -> UsageError {
                UsageError(message, command: invocation.command.name)
            }
            guard invocation.arguments.isEmpty else {
                guard filter == JobFilter(), !all, limit == nil, !isDryRun else {
                    throw fault("IDs exclude filters, --all, --limit and --dry-run")
                }
                try await callEach(invocation, call)
                return .done
            }
            guard filter != JobFilter() || all || limit != nil else {
                throw fault("expected IDs, a filter, --limit, or --all for every job")
            }
            let count = try await invocation.withClient { client in
                try await change(filter, limit: limit ?? .max, isDryRun: isDryRun, by: action, client)
            }
            if try invocation.value(Options.json) {
                try Console.print(jsonObject: { $0.field("count", count) })
            } else {
                let word = isDryRun ? "would be " + word(action) : word(action)
                try Console.print("\(count) \(count == 1 ? "job" : "jobs") \(word)")
            }
            return .done
        }
    }

    private static func word(_ action: BulkAction) -> String {
        switch action {
        case .cancel: "cancelled"
        case .retry: "retried"
        case .delete: "deleted"
        }
    }

    /// Changes the jobs that match a filter, each at most once, in calls of limited size.
    static func change(
        _ filter: JobFilter, limit: Int, isDryRun: Bool = false, by action: BulkAction,
        _ client: LonghaulClient
    ) async throws -> Int {
        var filter = filter
        filter.states = action.states.filter { filter.states.isEmpty || filter.states.contains($0) }
        guard !filter.states.isEmpty else { return 0 }
        var selected = 0
        var count = 0
        var cursor: JobCursor?
        repeat {
            let page = try await client.jobs(
                filter, after: cursor, limit: min(limit - selected, 500), isSummary: true)
            selected += page.jobs.count
            if isDryRun || page.jobs.isEmpty {
                count += page.jobs.count
            } else {
                count += try await client.change(BulkRequest(.ids(page.jobs.map(\.id))), by: action).count
            }
            cursor = page.next
        } while cursor != nil && selected < limit
        return count
    }

    private static func callEach(_ invocation: Invocation, _ call: JobCall) async throws {
        let asJSON = try invocation.value(Options.json)
        try await invocation.withClient { client in
            for id in try invocation.readAll(as: .jobID) {
                let job = try await call(invocation, client, id)
                if asJSON {
                    if let job {
                        try Console.print(json: job)
                    } else {
                        try Console.print(jsonObject: { $0.field("deleted", id.description) })
                    }
                } else {
                    try Console.print("\(id) \(job.map(stateText) ?? "deleted")")
                }
            }
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
