import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let list = Command(
        name: "list", summary: "Lists jobs, newest first.",
        options: Options.jobFilters + [Options.columns, Options.limit, Options.all, Options.json]
            + Options.client
    ) { invocation in
        let filter = try jobFilter(invocation)
        let columns = try invocation.value(Options.columns)
        let limit = try invocation.value(Options.limit)
        let all = try invocation.value(Options.all)
        if all, limit != nil { throw UsageError("--all and --limit exclude each other", command: "list") }
        var listing = JobListing(
            filter: filter, left: all ? Int.max : limit ?? 50,
            columns: columns.isEmpty ? JobTableColumn.usual : columns)
        if try invocation.value(Options.json) {
            try await invocation.withClient { try await listing.printJSON($0) }
        } else {
            try await invocation.withClient { try await listing.printTable($0) }
        }
        return .done
    }

    /// The filter that a command's options describe.
    static func jobFilter(_ invocation: Invocation) throws -> JobFilter {
        var filter = JobFilter()
        filter.states = try invocation.value(Options.states)
        filter.queue = try invocation.value(Options.queueFilter)
        filter.setKinds(try invocation.value(Options.kindFilter))
        filter.actor = try invocation.value(Options.actorFilter)
        filter.tags = try invocation.labels(Options.tagFilter)
        filter.errorType = try invocation.value(Options.jobErrorType)
        filter.createdAfter = try invocation.value(Options.since)
        filter.createdBefore = try invocation.value(Options.until)
        filter.text = try invocation.value(Options.search)
        return filter
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

    private let columns: [JobTableColumn]
    /// How far back a search has come.
    private var searchedTo: Timestamp?

    init(filter: JobFilter, left: Int, columns: [JobTableColumn] = JobTableColumn.usual) {
        self.filter = filter
        self.left = left
        self.columns = columns
    }

    /// The next jobs; nil after the last.
    private mutating func next(_ client: LonghaulClient, isSummary: Bool = false) async throws -> [Job]? {
        guard left > 0, !isOver else { return nil }
        let page = try await client.jobs(
            filter, after: cursor, limit: min(left, Self.pageSize), isSummary: isSummary)
        left -= page.jobs.count
        cursor = page.next
        searchedTo = page.searchedTo
        // A page of a search can be empty. People see what it has found, and how far back it has come.
        isOver = page.next == nil || page.searchedTo != nil && left < Int.max / 2
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
        var table = Table(columns.map(\.head))
        while let jobs = try await next(client, isSummary: true) {
            let now = SystemTime().now()
            let lines = table.lines(jobs.map { job in columns.map { $0.cell(job, at: now) } })
            if !lines.isEmpty { try Console.print(lines.joined(separator: "\n")) }
        }
        if let searchedTo, cursor != nil {
            Console.note(
                "searched the jobs since \(searchedTo); to search further, use --all or --until \(searchedTo)"
            )
        } else if cursor != nil {
            Console.note("there are more jobs: raise --limit, or use --all")
        }
    }
}
