import Foundation
public import LonghaulCore

/// The settings of a worker.
public struct WorkerConfiguration: Sendable {
    /// Who it is, and how often it says that it lives: `info.heartbeatSeconds`, nil for only while it runs jobs.
    /// A new identifier for each process, host and process number as its name.
    public var info: WorkerInfo
    /// The queues that it serves, each with how many jobs of it run at once.
    public var queues: [(name: String, slots: Int)]
    /// How long its leases last without a heartbeat, in seconds.
    public var leaseSeconds = 30.0
    /// How long after the end of its lease a job is kept while the server does not answer, in seconds. The worker
    /// pauses programs during that time, and does not count it towards their timeout. Swift handlers continue.
    public var outageSeconds = 3600.0
    /// How long one call waits for work, in seconds. Under 5, the calls under way at a stop come to their end;
    /// longer ones are cut off, and a job that was on its way to the worker at that moment is held up until the
    /// worker has stopped.
    public var pollSeconds = 20.0
    /// How long an attempt may run where neither the job nor its handler says, in seconds.
    public var defaultTimeoutSeconds = 3600.0
    /// Told of what people should know.
    public var note: @Sendable (Note) -> Void = { _ in }

    /// How often a worker says that it lives unless told otherwise, in seconds: one that is stuck is in view
    /// within five.
    public static let usualHeartbeatSeconds = 1.5

    /// A worker of these queues.
    public init(
        queues: [(name: String, slots: Int)], name: String? = nil, labels: [String: String] = [:]
    ) {
        let process = ProcessInfo.processInfo
        let name = name ?? "\(process.hostName)-\(process.processIdentifier)"
        info = WorkerInfo(
            id: "\(name)-\(UUID().uuidString.lowercased().prefix(8))", name: name, labels: labels,
            heartbeatSeconds: Self.usualHeartbeatSeconds)
        self.queues = queues
    }
}
