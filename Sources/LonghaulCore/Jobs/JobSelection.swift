/// The jobs that one operation changes.
public enum JobSelection: Sendable, Hashable {
    /// These jobs, as far as the operation is possible for them.
    case ids([JobID])
    /// The jobs that match the filter, the newest first, at most `limit` (nil for the default of the operation).
    case filter(JobFilter, limit: Int?)
}

/// An operation on many jobs.
public enum BulkAction: String, Sendable, Hashable, CaseIterable {
    /// Jobs that have not ended are cancelled, with their descendants.
    case cancel
    /// Failed, cancelled and retrying jobs become pending, and their attempts are counted from the start.
    case retry
    /// Ended jobs are deleted with all their data.
    case delete

    /// The states in which a job can be changed.
    public var states: [JobState] {
        switch self {
        case .cancel: JobState.allCases.filter { !$0.isFinal }
        case .retry: [.failed, .cancelled, .retrying]
        case .delete: JobState.allCases.filter(\.isFinal)
        }
    }
}

/// A request to change many jobs.
public struct BulkRequest: Sendable, Hashable {
    /// The jobs.
    public var selection: JobSelection
    /// Whether to count the jobs only.
    public var isDryRun: Bool

    /// A request.
    public init(_ selection: JobSelection, isDryRun: Bool = false) {
        self.selection = selection
        self.isDryRun = isDryRun
    }
}

/// The number of jobs that an operation has changed, or would change.
public struct BulkCount: Sendable, Hashable {
    /// The number.
    public var count: Int
    /// Whether the limit was reached, and more jobs match the filter.
    public var hasMore: Bool

    /// A number of jobs.
    public init(count: Int, hasMore: Bool) {
        self.count = count
        self.hasMore = hasMore
    }
}
