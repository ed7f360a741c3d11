import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let list = Command(
        name: "list", summary: "Lists jobs, newest first.",
        options: [
            Options.states, Options.queueFilter, Options.kindFilter, Options.actorFilter, Options.tagFilter,
            Options.limit, Options.all, Options.json,
        ] + Options.client
    ) { invocation in
        var filter = JobFilter()
        filter.states = try invocation.value(Options.states)
        filter.queue = try invocation.value(Options.queueFilter)
        filter.kind = try invocation.value(Options.kindFilter)
        filter.actor = try invocation.value(Options.actorFilter)
        filter.tags = try invocation.labels(Options.tagFilter)
        let limit = try invocation.value(Options.limit)
        let all = try invocation.value(Options.all)
        if all, limit != nil { throw UsageError("--all and --limit exclude each other", command: "list") }
        var listing = JobListing(filter: filter, left: all ? Int.max : limit ?? 50)
        if try invocation.value(Options.json) {
            try await invocation.withClient { try await listing.printJSON($0) }
        } else {
            try await invocation.withClient { try await listing.printTable($0) }
        }
        return .done
    }
}

/// A list of jobs that is fetched and printed page by page, because it may exceed the memory.
struct JobListing {
    let filter: JobFilter
    /// The number of jobs still to fetch.
    var left: Int
    private var cursor: JobCursor?
    private var isOver = false

    private static let pageSize = 500

    init(filter: JobFilter, left: Int) {
        self.filter = filter
        self.left = left
    }

    /// The next jobs; nil after the last.
    private mutating func next(_ client: LonghaulClient, isSummary: Bool = false) async throws -> [Job]? {
        guard left > 0, !isOver else { return nil }
        let page = try await client.jobs(
            filter, after: cursor, limit: min(left, Self.pageSize), isSummary: isSummary)
        left -= page.jobs.count
        cursor = page.next
        isOver = page.next == nil
        return page.jobs
    }

    mutating func printJSON(_ client: LonghaulClient) async throws {
        var isFirst = true
        while let jobs = try await next(client) {
            for job in jobs {
                var writer = JSONWriter(capacity: 1024)
                job.write(to: &writer)
                try Console.printRaw((isFirst ? "{\"items\":[" : ",") + writer.text.description)
                isFirst = false
            }
        }
        var writer = JSONWriter()
        writer.element(cursor?.description)
        try Console.print((isFirst ? "{\"items\":[" : "") + "],\"next_cursor\":\(writer.text)}")
    }

    mutating func printTable(_ client: LonghaulClient) async throws {
        var table = Table([
            .init(title: "ID"), .init(title: "KIND"), .init(title: "QUEUE"), .init(title: "STATE"),
            .init(title: "ATTEMPT", isNumber: true), .init(title: "AGE", isNumber: true),
            .init(title: "NOTE"),
        ])
        while let jobs = try await next(client, isSummary: true) {
            let now = SystemTime().now()
            let lines = table.lines(jobs.map { Self.row($0, at: now) })
            if !lines.isEmpty { try Console.print(lines.joined(separator: "\n")) }
        }
        if cursor != nil { Console.note("there are more jobs: raise --limit, or use --all") }
    }

    private static func row(_ job: Job, at now: Timestamp) -> [Table.Cell] {
        [
            .init(job.id.description), .init(job.spec.kind), .init(job.spec.queue),
            .init(job.state.rawValue, Format.colour(job.state)),
            .init("\(job.attempt)/\(job.spec.maxAttempts)"),
            .init(Format.age(job.createdAt, at: now)), .init(note(job, at: now)),
        ]
    }

    /// The most important property of a job in its state.
    private static func note(_ job: Job, at now: Timestamp) -> String {
        switch job.state {
        case .processing: job.progress.map { Format.progress($0) } ?? ""
        case .failed, .cancelled: job.error.map { Format.error($0) } ?? ""
        case .retrying:
            "due \(Format.age(job.runAt, at: now))" + (job.error.map { ", " + Format.error($0) } ?? "")
        case .scheduled: "due \(Format.age(job.runAt, at: now))"
        case .pending: job.position.map { "\($0) before it" } ?? ""
        case .suspended: Format.waits(of: job, at: now) ?? ""
        case .blocked, .completed: ""
        }
    }
}
