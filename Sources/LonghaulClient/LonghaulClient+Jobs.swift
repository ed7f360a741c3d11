public import LonghaulCore
import LonghaulHTTP
public import LonghaulJSON

extension LonghaulClient {
    /// The result of a submission.
    public struct Submitted: Sendable, Hashable {
        /// The new job, or the existing one with the same idempotency key.
        public var job: Job
        /// Whether the job existed already.
        public var isReplay: Bool
    }

    /// Submits a job. When it returns, the job is durable on the server.
    ///
    /// - Parameter waitSeconds: the maximum time to wait for the end of the job, in seconds.
    public func submit(_ job: NewJob, waitSeconds: Double = 0) async throws -> Submitted {
        let query = waitSeconds > 0 ? "?wait_seconds=\(waitSeconds)" : ""
        let response = try await send("POST", "/v1/jobs" + query, json: job, waitSeconds: waitSeconds)
        return try Self.submitted(response)
    }

    private static func submitted(_ response: HTTPClientResponse) throws -> Submitted {
        Submitted(
            job: try Job.decode(answer: response.body),
            isReplay: response.headers["Idempotent-Replayed"] == "true")
    }

    /// The result of a batch.
    public struct SubmittedBatch: Sendable, Hashable {
        /// The jobs of the entries, in order.
        public var jobs: [Submitted]
        /// The job that waits for the entries; nil if the batch has none.
        public var parent: Submitted?
    }

    /// Submits many jobs atomically.
    public func submit(_ batch: NewJobBatch) async throws -> SubmittedBatch {
        let response = try await send("POST", "/v1/jobs/batch", json: batch)
        return try BatchAnswer.decode(answer: response.body).batch
    }

    /// A page of a job's children, newest first.
    public func children(
        of id: JobID, after cursor: JobCursor? = nil, limit: Int = 50
    ) async throws -> JobPage {
        try await relatives("children", of: id, after: cursor, limit: limit)
    }

    /// A page of the jobs that depend on a job, newest first.
    public func dependents(
        of id: JobID, after cursor: JobCursor? = nil, limit: Int = 50
    ) async throws -> JobPage {
        try await relatives("dependents", of: id, after: cursor, limit: limit)
    }

    private func relatives(
        _ name: String, of id: JobID, after cursor: JobCursor?, limit: Int
    ) async throws -> JobPage {
        let place = cursor.map { "&cursor=" + PathSegment.encode($0.description) } ?? ""
        let response = try await send("GET", "/v1/jobs/\(id)/\(name)?limit=\(limit)" + place)
        let page = try Page<Job>.decode(answer: response.body)
        return JobPage(jobs: page.items, next: page.next.flatMap { JobCursor($0) })
    }

    /// The job.
    ///
    /// - Parameter waitSeconds: the maximum time to wait for the end of the job, in seconds.
    public func job(_ id: JobID, waitSeconds: Double = 0) async throws -> Job {
        let query = waitSeconds > 0 ? "?wait_seconds=\(waitSeconds)" : ""
        let response = try await send("GET", "/v1/jobs/\(id)" + query, waitSeconds: waitSeconds)
        return try Job.decode(answer: response.body)
    }

    /// A page of jobs, newest first.
    ///
    /// - Parameter isSummary: whether to omit `payload`, `result`, `artifacts` and `attempts`. A page is at most 4 MiB;
    ///   with these fields it may have fewer jobs than `limit`.
    public func jobs(
        _ filter: JobFilter = JobFilter(), after cursor: JobCursor? = nil, limit: Int = 50,
        isSummary: Bool = false
    ) async throws -> JobPage {
        let query = Self.query(filter, after: cursor, limit: limit) + (isSummary ? "&fields=summary" : "")
        let response = try await send("GET", "/v1/jobs?" + query)
        let page = try Page<Job>.decode(answer: response.body)
        return JobPage(
            jobs: page.items, next: page.next.flatMap { JobCursor($0) }, searchedTo: page.searchedTo)
    }

    static func query(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) -> String {
        var query = ["limit=\(limit)"]
        func add(_ name: String, _ value: String?) {
            if let value { query.append(name + "=" + PathSegment.encode(value)) }
        }
        for state in filter.states { add("state", state.rawValue) }
        add("queue", filter.queue)
        add("kind", filter.kinds)
        add("actor", filter.actor)
        for (key, value) in filter.tags.sorted(by: { $0.key < $1.key }) { add("tag", "\(key):\(value)") }
        add("created_after", filter.createdAfter?.description)
        add("created_before", filter.createdBefore?.description)
        add("fingerprint", filter.fingerprint)
        add("error_type", filter.errorType)
        add("q", filter.text)
        add("cursor", cursor?.description)
        return query.joined(separator: "&")
    }

    /// Cancels a job that has not ended, and its descendants.
    ///
    /// - Parameter children: whether to cancel the descendants as well.
    public func cancel(_ id: JobID, children: Bool = true) async throws -> Job {
        let query = children ? "" : "?children=false"
        return try Job.decode(answer: try await send("POST", "/v1/jobs/\(id)/cancel" + query).body)
    }

    /// Makes a failed, cancelled or retrying job pending again.
    public func retry(_ id: JobID) async throws -> Job {
        try Job.decode(answer: try await send("POST", "/v1/jobs/\(id)/retry").body)
    }

    /// Makes a scheduled or retrying job due now.
    public func runNow(_ id: JobID) async throws -> Job {
        try Job.decode(answer: try await send("POST", "/v1/jobs/\(id)/run-now").body)
    }

    /// Changes the priority, the time or the tags of a job that is not leased and has not ended.
    ///
    /// ```swift
    /// let job = try await client.edit(id, JobEdit(priority: 9, tags: ["customer": "acme"]))
    /// ```
    public func edit(_ id: JobID, _ edit: JobEdit) async throws -> Job {
        try Job.decode(answer: try await send("PATCH", "/v1/jobs/\(id)", json: edit).body)
    }

    /// Changes many jobs. A call changes a limited number of jobs: repeat it while the answer has more.
    ///
    /// ```swift
    /// var filter = JobFilter()
    /// filter.queue = "mail"
    /// let answer = try await client.change(BulkRequest(.filter(filter, limit: nil)), by: .cancel)
    /// ```
    public func change(_ request: BulkRequest, by action: BulkAction) async throws -> BulkCount {
        let response = try await send(
            "POST", "/v1/jobs/\(action.rawValue)", json: request, waitSeconds: Self.bulkSeconds)
        return try BulkCount.decode(answer: response.body)
    }

    /// Removes an ended job with its artifacts.
    public func delete(_ id: JobID) async throws {
        _ = try await send("DELETE", "/v1/jobs/\(id)")
    }

    /// A page of the job's log, oldest first, with the next cursor.
    public func logs(
        _ id: JobID, after cursor: String? = nil, limit: Int = 500
    ) async throws -> (lines: [StoredLogLine], next: String?) {
        let place = cursor.map { "&cursor=" + PathSegment.encode($0) } ?? ""
        let response = try await send("GET", "/v1/jobs/\(id)/logs?limit=\(limit)" + place)
        let page = try Page<StoredLogLine>.decode(answer: response.body)
        return (page.items, page.next)
    }

    /// Downloads a file of a completed job. The file appears at `path` atomically.
    public func download(_ id: JobID, artifact name: String, to path: String) async throws {
        let request = HTTPClientRequest(
            method: "GET", url: base + "/v1/jobs/\(id)/artifacts/\(PathSegment.encode(name))",
            stallTimeout: .seconds(60), followRedirects: true)
        let response = try await authorized(request, status: \.status) {
            try await http.download($0, to: path)
        }
        guard response.isSuccess else { throw Self.problem(response) }
    }

    // MARK: Queues and workers

    /// All queues, by name.
    public func queues() async throws -> [QueueStatus] {
        try await all("/v1/queues")
    }

    /// The items of all pages of a list, read page by page.
    func all<Item: JSONReadable>(_ path: String) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let place = cursor.map { "&cursor=" + PathSegment.encode($0) } ?? ""
            let mark = path.contains("?") ? "&" : "?"
            let response = try await send("GET", path + mark + "limit=500" + place)
            let page = try Page<Item>.decode(answer: response.body)
            items += page.items
            cursor = page.next
        } while cursor != nil
        return items
    }

    /// Deletes a queue without waiting or running jobs. Its ended jobs remain.
    ///
    /// - Parameter purge: whether to cancel the waiting jobs first.
    public func deleteQueue(_ name: String, purge: Bool = false) async throws {
        let path = "/v1/queues/" + PathSegment.encode(name) + (purge ? "?purge=true" : "")
        _ = try await send("DELETE", path, answerTimeout: Self.purgeTimeout)
    }

    /// The timeout of the deletion of a queue, in seconds.
    private static let purgeTimeout = 3600.0

    /// One queue.
    public func queue(_ name: String) async throws -> QueueStatus {
        try QueueStatus.decode(answer: try await send("GET", "/v1/queues/" + PathSegment.encode(name)).body)
    }

    /// Sets the settings of a queue. Creates the queue if it does not exist.
    public func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueStatus {
        let path = "/v1/queues/" + PathSegment.encode(name)
        return try QueueStatus.decode(answer: try await send("PUT", path, json: settings).body)
    }

    /// Pauses or resumes a queue.
    public func pauseQueue(_ name: String, _ paused: Bool) async throws -> QueueStatus {
        let path = "/v1/queues/" + PathSegment.encode(name) + (paused ? "/pause" : "/resume")
        return try QueueStatus.decode(answer: try await send("POST", path).body)
    }

    /// The routing table.
    public func routing() async throws -> RoutingTable {
        try RoutingTable.decode(answer: try await send("GET", "/v1/routing").body)
    }

    /// Replaces the routing table.
    public func setRouting(_ table: RoutingTable) async throws -> RoutingTable {
        try RoutingTable.decode(answer: try await send("PUT", "/v1/routing", json: table).body)
    }

    /// The activity of a queue in the last minutes, oldest first; of all queues if `name` is nil.
    ///
    /// - Parameter stepMinutes: the duration that a sample covers. Beyond a day, it is rounded up to hours.
    public func history(
        ofQueue name: String? = nil, minutes: Int = 60, stepMinutes: Int = 1
    ) async throws -> [QueueSample] {
        let path = name.map { "/v1/queues/\(PathSegment.encode($0))/history" } ?? "/v1/history"
        return try await all(path + "?minutes=\(minutes)&step_minutes=\(stepMinutes)")
    }

    /// The number of workers that the load of a queue requires.
    ///
    /// - Parameter slots: the number of jobs of the queue that one worker runs at once.
    public func scale(queue: String, target: ScalingTarget = .default, slots: Int = 1) async throws
        -> ScaleAdvice
    {
        let wanted =
            switch target {
            case .jobsPerWorker(let jobs): "jobs_per_worker=\(jobs)"
            case .drain(let seconds): "drain_seconds=\(seconds)"
            }
        let path = "/v1/scale?queue=\(PathSegment.encode(queue))&\(wanted)&slots_per_worker=\(slots)"
        return try ScaleAdvice.decode(answer: try await send("GET", path).body)
    }

    /// The workers seen in the last day, most recent first, each with its health.
    public func workers() async throws -> [WorkerStatus] {
        try await all("/v1/workers")
    }

    /// Deregisters a worker that will not return, and ends its leases.
    public func deleteWorker(_ id: String) async throws {
        _ = try await send("DELETE", "/v1/workers/" + PathSegment.encode(id))
    }

    /// Submits a copy of a job, which is due at once.
    ///
    /// - Parameter fields: a JSON object with fields of a new job, in place of those of the copy.
    public func copy(_ id: JobID, replacing fields: JSONText = .emptyObject) async throws -> Submitted {
        let response = try await send("POST", "/v1/jobs/\(id)/copy", json: fields)
        return try Self.submitted(response)
    }
}

/// A page of a list on the wire.
struct Page<Item: JSONReadable>: JSONReadable {
    let items: [Item]
    let next: String?
    /// How far back a search has come.
    let searchedTo: Timestamp?

    static func read(_ reader: inout JSONObjectReader) -> Page<Item> {
        Page(
            items: reader.objects("items", Item.read) ?? [], next: reader.string("next_cursor"),
            searchedTo: reader.string("searched_to").flatMap { Timestamp(rfc3339: $0) })
    }
}

/// The answer to a batch on the wire.
private struct BatchAnswer: JSONReadable {
    let batch: LonghaulClient.SubmittedBatch

    static func read(_ reader: inout JSONObjectReader) -> BatchAnswer {
        let jobs = reader.objects("jobs", entry)?.compactMap(\.self) ?? []
        var batch = LonghaulClient.SubmittedBatch(jobs: jobs)
        if var parent = reader.object("parent") { batch.parent = entry(&parent) }
        return BatchAnswer(batch: batch)
    }

    private static func entry(_ reader: inout JSONObjectReader) -> LonghaulClient.Submitted? {
        guard var job = reader.object("job") else { return nil }
        return LonghaulClient.Submitted(job: Job.read(&job), isReplay: reader.int("status") == 200)
    }
}
