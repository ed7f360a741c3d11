/// What a worker reports about itself.
public struct WorkerInfo: Sendable, Hashable {
    /// The ID, unique among workers. Each process has a new one.
    public var id: String
    /// The name, for people: by default host and process.
    public var name: String
    /// The labels, such as `gpu: 1`.
    public var labels: [String: String]
    /// The interval of the worker's heartbeats in seconds, with or without jobs; nil if it sends none while idle.
    public var heartbeatIntervalSeconds: Double?

    /// A worker with this ID. Without a name, the ID is the name.
    public init(
        id: String, name: String? = nil, labels: [String: String] = [:],
        heartbeatIntervalSeconds: Double? = nil
    ) {
        self.id = id
        self.name = name ?? id
        self.labels = labels
        self.heartbeatIntervalSeconds = heartbeatIntervalSeconds
    }

    /// Whether it is the worker inside a server that runs executions. The store does not list it.
    package var isInternal: Bool { id.hasPrefix(Self.internalPrefix) }

    /// The beginning of the names and IDs of workers inside servers.
    package static let internalPrefix = "longhaul."

    /// The reference to the worker that a job contains.
    public var reference: WorkerRef { WorkerRef(id: id, name: name) }
}

/// A stored worker.
public struct WorkerRecord: Sendable, Hashable {
    /// What the worker reports about itself.
    public var info: WorkerInfo
    /// The queues of its latest request.
    public var queues: [String]
    /// The kinds of its latest request; empty for every kind.
    public var kinds: [String]
    /// The duration of its leases without a heartbeat, in seconds.
    public var leaseSeconds: Double
    /// When it was first seen.
    public var firstSeenAt: Timestamp
    /// When it was last seen.
    public var lastSeenAt: Timestamp
    /// The jobs that it holds.
    public var running: [JobID]

    /// The maximum number of workers in a store. Beyond it, the least recently seen workers are removed.
    public static let maxWorkers = 10_000

    /// A stored worker.
    public init(
        info: WorkerInfo, queues: [String], kinds: [String], leaseSeconds: Double, firstSeenAt: Timestamp,
        lastSeenAt: Timestamp, running: [JobID] = []
    ) {
        self.info = info
        self.queues = queues
        self.kinds = kinds
        self.leaseSeconds = leaseSeconds
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
        self.running = running
    }

    /// How long the worker may be silent and count as healthy, in seconds: twice its heartbeat interval, so that it may
    /// miss one. Without an interval it is the duration of its leases, because an idle worker may call no sooner.
    private var healthySeconds: Double { info.heartbeatIntervalSeconds.map { 2 * $0 } ?? leaseSeconds }

    /// The health of the worker, judged by when it was last seen. Its leases end independently of it.
    public func health(at now: Timestamp) -> WorkerHealth {
        let silence = now.seconds(since: lastSeenAt)
        if silence <= healthySeconds { return .healthy }
        return silence <= max(healthySeconds, 3 * leaseSeconds) ? .late : .gone
    }
}

/// The health of a worker.
public enum WorkerHealth: String, Sendable, Hashable, CaseIterable {
    /// Seen within two of its heartbeat intervals, or within one duration of its leases.
    case healthy
    /// Not seen for longer. Other workers receive its jobs after its leases have ended.
    case late
    /// Not seen for three durations of its leases.
    case gone
}
