import Foundation
public import LonghaulCore

/// The settings of a worker.
public struct WorkerConfiguration: Sendable {
    /// The identity and the heartbeat interval of the worker. With `info.heartbeatIntervalSeconds` nil, it sends heartbeats only
    /// while it runs jobs. The default is a new ID for each process, and the host and the process ID as the name.
    public var info: WorkerInfo
    /// The queues that the worker serves, with the maximum number of running jobs of each.
    public var queues: [(name: String, slots: Int)]
    /// The duration of a lease without a heartbeat, in seconds.
    public var leaseSeconds = 30.0
    /// How long the worker keeps a job after the end of its lease while the server does not answer, in seconds. The
    /// worker pauses programs during that time, which does not count towards their timeout. Swift handlers continue.
    public var outageSeconds = 3600.0
    /// The duration of a lease call that finds no jobs, in seconds. A stop waits for the calls in flight if this is
    /// under 5 s, and cancels them otherwise. A job that a cancelled call has leased is released after the stop.
    public var pollSeconds = 20.0
    /// The timeout of an attempt if neither the job nor its handler sets one, in seconds.
    public var defaultTimeoutSeconds = 3600.0
    /// How long ``Worker/run()`` lets running jobs continue after a stop was requested. Then it cancels and releases them.
    public var grace = Duration.seconds(30)
    /// The signals that stop ``Worker/run()``. Empty if the program handles signals itself.
    public var stopSignals: Set<StopSignal> = [.terminate, .interrupt]
    /// Receives the worker's log; nil for no log.
    public var logger: (any LonghaulLogger)? = StandardErrorLogger()

    /// The default heartbeat interval, in seconds. With it, a worker that hangs is shown as late within 5 s.
    public static let defaultHeartbeatSeconds = 1.5

    /// Creates the configuration of a worker of these queues.
    public init(
        queues: [(name: String, slots: Int)], name: String? = nil, labels: [String: String] = [:]
    ) {
        let process = ProcessInfo.processInfo
        let name = name ?? "\(process.hostName)-\(process.processIdentifier)"
        info = WorkerInfo(
            id: "\(name)-\(UUID().uuidString.lowercased().prefix(8))", name: name, labels: labels,
            heartbeatIntervalSeconds: Self.defaultHeartbeatSeconds)
        self.queues = queues
    }

    func log(_ note: Note) { logger?.log(note) }
}
