public import LonghaulJSON

/// A job as it stands: what was asked for, how far it has come, and what came of it.
public struct Job: Sendable, Hashable {
    /// Its identifier.
    public var id: JobID
    /// What was asked for. The fields of the request that only steer its submission (keys, references
    /// within a batch) are not kept here.
    public var spec: JobSpec
    /// Where it stands.
    public var state: JobState
    /// How often it has changed; rises with every change.
    public var version: Int
    /// The name of the API key that submitted it, or `anonymous`.
    public var caller: String
    /// The jobs it waits for, or waited for.
    public var dependsOn: [JobID] = []
    /// The job that it belongs to: the one whose completion submitted it, or the one that it was submitted for.
    public var parentID: JobID?
    /// What came of the jobs in `dependsOn`, in their order, without those that are gone. Filled in, as the
    /// two below, where one job is asked for and where it is leased.
    public var dependencies: [RelatedJob] = []
    /// What came of the steps before, the nearest first: its parent, its parent's parent and what those and
    /// its dependencies had depended on.
    public var ancestors: [RelatedJob] = []
    /// Its children, the first submitted first; at most ``RelatedJob/maxChildren`` of them.
    public var children: [JobID] = []
    /// How many children it has.
    public var childrenCount = 0

    /// The number of its latest attempt, 0 before the first. A release takes its attempt back.
    public var attempt = 0
    /// When it was submitted.
    public var createdAt: Timestamp
    /// When it is, or was, due.
    public var runAt: Timestamp
    /// When its latest attempt began.
    public var startedAt: Timestamp?
    /// When it ended.
    public var finishedAt: Timestamp?
    /// The worker of its latest attempt.
    public var worker: WorkerRef?
    /// How far the latest attempt has come.
    public var progress: Progress?

    /// What came of it, once completed: any JSON value.
    public var result: JSONText?
    /// Why it failed, or why its latest attempt did.
    public var error: JobError?
    /// What its error has in common with those of other dead letters, while it is one; see
    /// ``ErrorFingerprint``.
    public var fingerprint: String?
    /// The files of the completed attempt.
    public var artifacts: [Artifact] = []
    /// Its attempts, oldest first.
    public var attempts: [Attempt] = []

    /// How many jobs stand before it, while pending; nil where nobody asked.
    public var position: Int?
    /// When it should start, from the measured drain rate; nil when that is not known.
    public var estimatedStartAt: Timestamp?

    /// A job as it is right after its submission.
    public init(
        id: JobID, spec: JobSpec, state: JobState, version: Int = 1, caller: String, createdAt: Timestamp,
        runAt: Timestamp
    ) {
        self.id = id
        self.spec = spec
        self.state = state
        self.version = version
        self.caller = caller
        self.createdAt = createdAt
        self.runAt = runAt
    }
}

/// Which worker holds or held a job.
public struct WorkerRef: Sendable, Hashable {
    /// The worker's own identifier.
    public var id: String
    /// Its name, for people.
    public var name: String

    /// A reference to the worker of this identifier and name.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}
