/// What a worker says of itself.
public struct WorkerInfo: Sendable, Hashable {
    /// Its own identifier, unique among workers; a new one for each process.
    public var id: String
    /// Its name, for people: usually host and process.
    public var name: String
    /// What it has, such as `gpu: 1`.
    public var labels: [String: String]
    /// How often it says that it lives, in seconds, whether or not it has a job; nil if it promises nothing.
    public var heartbeatSeconds: Double?

    /// A worker of this identifier; its name is the identifier unless given.
    public init(
        id: String, name: String? = nil, labels: [String: String] = [:], heartbeatSeconds: Double? = nil
    ) {
        self.id = id
        self.name = name ?? id
        self.labels = labels
        self.heartbeatSeconds = heartbeatSeconds
    }

    /// How a job refers to it.
    public var reference: WorkerRef { WorkerRef(id: id, name: name) }
}

/// A worker as the store last heard of it.
public struct WorkerRecord: Sendable, Hashable {
    /// What it says of itself.
    public var info: WorkerInfo
    /// The queues it last asked for.
    public var queues: [String]
    /// The kinds it last asked for; empty for every kind.
    public var kinds: [String]
    /// How long its leases last without a heartbeat, in seconds.
    public var leaseSeconds: Double
    /// When it was first heard of.
    public var firstSeenAt: Timestamp
    /// When it was last heard of.
    public var lastSeenAt: Timestamp
    /// The jobs that it holds.
    public var running: [JobID]

    /// How many workers a store remembers. Beyond that, the workers that were seen least recently are forgotten.
    public static let maxWorkers = 10_000

    /// A worker of these facts.
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

    /// How long it may be silent and count as healthy, in seconds: one heartbeat that it promised may be
    /// missed. Without a promise it is the length of its leases, as it may call no sooner.
    private var patienceSeconds: Double { info.heartbeatSeconds.map { 2 * $0 } ?? leaseSeconds }

    /// How it does, judged by its last sign of life. Says nothing of its leases: they end by their own time.
    public func health(at now: Timestamp) -> WorkerHealth {
        let silence = now.seconds(since: lastSeenAt)
        if silence <= patienceSeconds { return .healthy }
        return silence <= max(patienceSeconds, 3 * leaseSeconds) ? .late : .gone
    }
}

/// How a worker does.
public enum WorkerHealth: String, Sendable, Hashable, CaseIterable {
    /// Heard of within two of the heartbeats that it promised, or within one length of its leases.
    case healthy
    /// Not heard of for longer than that: its jobs go to other workers once their leases end.
    case late
    /// Not heard of for three lengths of its leases.
    case gone
}
