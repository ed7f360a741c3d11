/// What a worker says of itself.
public struct WorkerInfo: Sendable, Hashable {
    /// Its own identifier, unique among workers; a new one for each process.
    public var id: String
    /// Its name, for people: usually host and process.
    public var name: String
    /// What it has, such as `gpu: 1`.
    public var labels: [String: String]

    /// A worker of this identifier; its name is the identifier unless given.
    public init(id: String, name: String? = nil, labels: [String: String] = [:]) {
        self.id = id
        self.name = name ?? id
        self.labels = labels
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

    /// How it does, judged by its last sign of life against the length of its leases.
    public func health(at now: Timestamp) -> WorkerHealth {
        let silence = now.seconds(since: lastSeenAt)
        if silence <= leaseSeconds { return .healthy }
        return silence <= 3 * leaseSeconds ? .late : .gone
    }
}

/// How a worker does.
public enum WorkerHealth: String, Sendable, Hashable, CaseIterable {
    /// Heard of within one length of its leases.
    case healthy
    /// Not heard of for longer than that: its jobs are on their way to other workers.
    case late
    /// Not heard of for three times as long.
    case gone
}
