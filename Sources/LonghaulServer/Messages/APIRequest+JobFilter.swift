import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

extension Route.Parameter {
    /// Of every list that comes in pages.
    static let page = page(cursor: "^c1\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

    /// Of a list whose cursors have this form.
    static func page(cursor pattern: String) -> [Route.Parameter] {
        [
            Route.Parameter(
                name: "limit", description: "How many, 1 to 500; 50 unless given.", schema: .integer(1...500)),
            Route.Parameter(
                name: "cursor", description: "The next_cursor of the page before.",
                schema: .text(pattern: pattern)),
        ]
    }

    /// Whether a call waits for something, in seconds.
    static func waitSeconds(_ description: String) -> Route.Parameter {
        let range = FieldBounds.waitSeconds
        return Route.Parameter(
            name: "wait_seconds",
            description: description + " 0 to 60. The header Prefer: wait=N asks for the same.",
            schema: .number(range))
    }

    /// Which fields the jobs of a list have.
    static let fields = Route.Parameter(
        name: "fields",
        description:
            "summary leaves out payload, result, artifacts and attempts; all, the default, does not.",
        schema: .choice(["summary", "all"]))

    /// What lists of jobs take.
    static let jobList = page + [fields] + jobFilter

    /// What lists of jobs can be narrowed by.
    static let jobFilter =
        [
            Route.Parameter(
                name: "state", description: "Only in this state; may repeat.",
                schema: .list(.choice(JobState.allCases.map(\.rawValue)))),
            Route.Parameter(name: "queue", description: "Only in this queue."),
            Route.Parameter(name: "kind", description: "Only of this kind."),
            Route.Parameter(name: "actor", description: "Only of this actor."),
            Route.Parameter(
                name: "tag", description: "Only with this tag, key:value; may repeat.",
                schema: .list(.text(pattern: "^[^:\\u0000]*:[^\\u0000]*$"))),
            Route.Parameter(
                name: "created_after", description: "Only submitted at or after this time.", schema: .time),
            Route.Parameter(
                name: "created_before", description: "Only submitted before this time.", schema: .time),
        ] + errorFilter

    /// What lists of dead letters can be narrowed by.
    static let errorFilter = [
        Route.Parameter(
            name: "fingerprint", description: "Only dead letters of groups with this fingerprint."),
        Route.Parameter(name: "error_type", description: "Only dead letters with an error of this type."),
    ]
}

extension APIRequest {
    /// How many bytes of payloads, results and errors are read for a page: the rest of 4 MiB is for everything else.
    private static let maxReadBytes = 4 << 20

    /// How the jobs of a list are read: `fields`.
    func jobReading() -> JobReading {
        JobReading(isSummary: http.query.first("fields") == "summary", maxBytes: Self.maxReadBytes)
    }

    /// The answer to a list of jobs.
    func answer(_ page: JobPage, _ reading: JobReading) -> HTTPResponse {
        Answer.page(
            page.jobs, next: page.next?.description, cursor: { JobCursor(after: $0.id).description },
            write: { job, writer in job.write(to: &writer, isSummary: reading.isSummary) })
    }

    /// The jobs that a list's query asks for.
    func jobFilter() throws(LonghaulError) -> JobFilter {
        var filter = JobFilter()
        filter.states = http.query.all("state").compactMap(JobState.init(rawValue:))
        filter.queue = http.query.first("queue")
        filter.kind = http.query.first("kind")
        filter.actor = http.query.first("actor")
        for text in http.query.all("tag") {
            // By code unit: a colon and a modifier after it are one character to Swift.
            guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
                throw Self.fault("tag", "expected key:value")
            }
            filter.tags[String(text[..<colon])] = String(text[text.utf8.index(after: colon)...])
        }
        let time = "a time in RFC 3339"
        filter.createdAfter = try query("created_after", time) { Timestamp(rfc3339: $0) }
        filter.createdBefore = try query("created_before", time) { Timestamp(rfc3339: $0) }
        filter.fingerprint = http.query.first("fingerprint")
        filter.errorType = http.query.first("error_type")
        return filter
    }
}
