public import LonghaulJSON

/// The state and result of a job, as a related job receives it.
public struct RelatedJob: Sendable, Hashable {
    /// The maximum total size of the results that one job receives from others, in bytes. Larger results are omitted
    /// and marked.
    public static let maxResultBytes = 1 << 20
    /// The maximum number of ancestors that a job receives.
    public static let maxAncestors = 32
    /// The maximum number of children that a job lists. It counts all of them.
    public static let maxChildren = 100

    /// The job.
    public var id: JobID
    /// Its kind.
    public var kind: String
    /// Its state.
    public var state: JobState
    /// Its result; nil unless it is completed.
    public var result: JSONText?
    /// Its error, without details; nil if it has none.
    public var error: JobError?
    /// Whether a result was omitted because it is too large. `GET /v1/jobs/{id}` returns it.
    public var isResultOmitted: Bool

    /// A related job in this state.
    public init(
        id: JobID, kind: String, state: JobState, result: JSONText? = nil, error: JobError? = nil,
        isResultOmitted: Bool = false
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.result = result
        self.error = error
        self.isResultOmitted = isResultOmitted
    }
}
