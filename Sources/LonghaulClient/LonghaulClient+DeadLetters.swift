public import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

extension LonghaulClient {
    /// The timeout of a call on many jobs, in seconds.
    static let bulkSeconds = 3600.0

    /// A page of the dead letters, newest first.
    public func deadLetters(
        _ filter: JobFilter = JobFilter(), after cursor: JobCursor? = nil, limit: Int = 50
    ) async throws -> JobPage {
        let query = Self.query(filter, after: cursor, limit: limit)
        let page = try Page<Job>.decode(answer: try await send("GET", "/v1/dead-letters?" + query).body)
        return JobPage(jobs: page.items, next: page.next.flatMap { JobCursor($0) })
    }

    /// A page of the groups of dead letters, the largest first.
    public func deadLetterGroups(
        _ filter: DeadLetterGroupFilter = DeadLetterGroupFilter(), after cursor: DeadLetterGroupCursor? = nil,
        limit: Int = 50
    ) async throws -> DeadLetterGroupPage {
        var query = ["limit=\(limit)"]
        func add(_ name: String, _ value: String?) {
            if let value { query.append(name + "=" + PathSegment.encode(value)) }
        }
        add("queue", filter.queue)
        add("kind", filter.kind)
        add("fingerprint", filter.fingerprint)
        add("error_type", filter.errorType)
        add("cursor", cursor?.description)
        let path = "/v1/dead-letters/groups?" + query.joined(separator: "&")
        let page = try Page<DeadLetterGroup>.decode(answer: try await send("GET", path).body)
        return DeadLetterGroupPage(groups: page.items, next: page.next.flatMap { DeadLetterGroupCursor($0) })
    }

    /// Redrives or discards dead letters. Returns their number.
    public func resolveDeadLetters(
        _ selection: JobSelection, by action: DeadLetterAction
    ) async throws -> Int {
        let response = try await send(
            "POST", "/v1/dead-letters/\(action.rawValue)", json: DeadLetterRequest(selection),
            waitSeconds: Self.bulkSeconds)
        return try DeadLetterCount.decode(answer: response.body).count
    }
}
