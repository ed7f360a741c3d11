public import LonghaulJSON

/// What came of a job, as a job that follows it sees it.
public struct RelatedJob: Sendable, Hashable {
    /// The most bytes of results that one job sees of others, together. What does not fit is left out, and
    /// said to be.
    public static let maxResultBytes = 1 << 20
    /// The most ancestors that a job sees.
    public static let maxAncestors = 32
    /// The most children that a job names; it counts them all.
    public static let maxChildren = 100

    /// The job.
    public var id: JobID
    /// What it did.
    public var kind: String
    /// Where it stands.
    public var state: JobState
    /// What came of it; nil unless it is completed.
    public var result: JSONText?
    /// Why it failed or was cancelled, without details.
    public var error: JobError?
    /// Whether there is a result that was too long to be shown here: `GET /v1/jobs/{id}` has it.
    public var isResultOmitted: Bool

    /// A job that came to this.
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
