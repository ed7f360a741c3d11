public import LonghaulCore

/// Jobs of any kinds that are submitted together, all or none. Entries may depend on earlier ones.
///
/// ```swift
/// var batch = JobBatch()
/// let pages = try (1...3).map { try batch.add(RenderPage.self, $0) }
/// let book = try batch.add(BindBook.self, "report", after: pages)
/// let jobs = try await client.submit(batch)
/// let path = try await jobs[book].result(timeout: .seconds(600))
/// ```
public struct JobBatch: Sendable {
    /// An entry of a batch.
    public struct Entry<Kind: JobKind>: Sendable, Hashable, JobBatchEntry {
        /// The number of the entry, from 0; nil for the parent.
        let index: Int?
        /// The name of the entry within the batch.
        public var ref: String { index.map { "job-\($0)" } ?? "parent" }
    }

    private(set) var jobs = NewJobBatch(jobs: [])

    /// A batch without jobs. A batch has at most 1,000.
    public init() {}

    /// Adds a job.
    ///
    /// - Parameters:
    ///   - options: replaces the ``JobKind/options`` of the kind, one by one.
    ///   - entries: the entries of this batch that must end before the job starts. The job's handler gets their results.
    /// - Returns: the entry, with which ``SubmittedJobs`` finds the job.
    /// - Throws: the error of the payload's `encode(to:)`.
    @discardableResult
    public mutating func add<Kind: JobKind>(
        _ kind: Kind.Type, _ payload: Kind.Payload, options: JobOptions = JobOptions(),
        after entries: [any JobBatchEntry] = []
    ) throws -> Entry<Kind> {
        let entry = Entry<Kind>(index: jobs.jobs.count)
        var job = try NewJob(kind, payload, options: options)
        job.ref = entry.ref
        job.dependsOn += entries.map { .ref($0.ref) }
        jobs.jobs.append(job)
        return entry
    }

    /// Sets the parent: a job that waits for all entries, which become its children. Its handler gets their results.
    ///
    /// - Throws: the error of the payload's `encode(to:)`.
    @discardableResult
    public mutating func setParent<Kind: JobKind>(
        _ kind: Kind.Type, _ payload: Kind.Payload, options: JobOptions = JobOptions()
    ) throws -> Entry<Kind> {
        jobs.parent = try NewJob(kind, payload, options: options)
        return Entry(index: nil)
    }
}

/// An entry of a ``JobBatch`` of any kind.
public protocol JobBatchEntry: Sendable {
    /// The name of the entry within the batch.
    var ref: String { get }
}

/// The jobs of a submitted batch.
public struct SubmittedJobs: Sendable {
    private let jobs: [LonghaulClient.Submitted]
    private let parent: LonghaulClient.Submitted?
    private let client: LonghaulClient

    init(jobs: [LonghaulClient.Submitted], parent: LonghaulClient.Submitted?, client: LonghaulClient) {
        self.jobs = jobs
        self.parent = parent
        self.client = client
    }

    /// The IDs of the entries in their order, without the parent.
    public var ids: [JobID] { jobs.map(\.job.id) }

    /// The job of an entry. The entry must be one of the submitted batch.
    public subscript<Kind: JobKind>(entry: JobBatch.Entry<Kind>) -> JobHandle<Kind> {
        guard let submitted = entry.index.map({ jobs[$0] }) ?? parent else {
            preconditionFailure("the entry is the parent of another batch")
        }
        return JobHandle(submitted, client: client)
    }
}
