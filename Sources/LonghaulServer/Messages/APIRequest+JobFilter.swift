import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

extension QueryParameter {
    /// The parameters of every paged list.
    static let page = page(cursor: "^c1\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

    /// The parameters of a list with cursors of this schema.
    static func page(cursor pattern: String) -> [QueryParameter] {
        [
            QueryParameter(
                name: "limit", description: "The maximum number of items, 1 to 500. The default is 50.",
                schema: .integer(1...500)),
            QueryParameter(
                name: "cursor", description: "The next_cursor of the previous page.",
                schema: .text(pattern: pattern)),
        ]
    }

    /// The time that a call may wait, in seconds.
    static func waitSeconds(_ description: String) -> QueryParameter {
        let range = FieldBounds.waitSeconds
        return QueryParameter(
            name: "wait_seconds",
            description: description + " 0 to 60. The header Prefer: wait=N has the same effect.",
            schema: .number(range))
    }

    /// The fields of the jobs in a list.
    static let fields = QueryParameter(
        name: "fields",
        description:
            "summary omits payload, result, artifacts and attempts. all is the default.",
        schema: .choice(["summary", "all"]))

    /// The parameters of lists of jobs.
    static let jobList = page + [fields] + jobFilter + [search]

    /// The text of a search.
    private static let search = QueryParameter(
        name: "q",
        description:
            "Only jobs with this text in their ID, kind, error or payload. A call searches for about a second: "
            + "searched_to shows how far back it has come, and next_cursor continues.",
        schema: .text(pattern: "^[^\\u0000]{1,\(FieldBounds.searchText.upperBound)}$"))

    /// The filters of lists of jobs.
    static let jobFilter =
        [
            QueryParameter(
                name: "state", description: "Only jobs in this state. May be repeated.",
                schema: .list(.choice(JobState.allCases.map(\.rawValue)))),
            QueryParameter(name: "queue", description: "Only jobs of this queue."),
            QueryParameter(
                name: "kind",
                description:
                    "Only jobs of this kind. A trailing * selects the kinds that begin with the text."),
            QueryParameter(name: "actor", description: "Only jobs of this actor."),
            QueryParameter(
                name: "tag", description: "Only jobs with this tag, key:value. May be repeated.",
                schema: .list(.text(pattern: "^[^:\\u0000]*:[^\\u0000]*$"))),
            QueryParameter(
                name: "created_after", description: "Only jobs submitted at or after this time.",
                schema: .time),
            QueryParameter(
                name: "created_before", description: "Only jobs submitted before this time.", schema: .time),
        ] + errorFilter

    /// The filters of lists of dead letters.
    static let errorFilter = [
        QueryParameter(
            name: "fingerprint", description: "Only dead letters of groups with this fingerprint."),
        QueryParameter(name: "error_type", description: "Only dead letters with an error of this type."),
    ]
}

extension APIRequest {
    /// The maximum number of bytes of payloads, results and errors in a page. The rest of 4 MiB is for the other fields.
    private static let maxReadBytes = 4 << 20

    /// The fields of the jobs to read, from the parameter `fields`.
    func jobReading() -> JobReading {
        JobReading(isSummary: http.query.first("fields") == "summary", maxBytes: Self.maxReadBytes)
    }

    /// The answer to a list of jobs.
    func answer(_ page: JobPage, _ reading: JobReading) -> HTTPResponse {
        Answer.page(
            page.jobs, next: page.next?.description, cursor: { JobCursor(after: $0.id).description },
            more: { writer in if let time = page.searchedTo { writer.field("searched_to", time.description) }
            },
            write: { job, writer in job.write(to: &writer, isSummary: reading.isSummary) })
    }

    /// The filter in a list's query.
    func jobFilter() throws(LonghaulError) -> JobFilter {
        var filter = JobFilter()
        filter.states = http.query.all("state").compactMap(JobState.init(rawValue:))
        filter.queue = http.query.first("queue")
        filter.setKinds(http.query.first("kind"))
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
        filter.text = try query("q", "1 to \(FieldBounds.searchText.upperBound) characters") {
            TextRule.isPlain($0, FieldBounds.searchText) ? $0 : nil
        }
        return filter
    }
}
