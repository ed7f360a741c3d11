/// How the number of workers of a queue follows from its jobs.
public enum ScalingTarget: Sendable, Hashable {
    /// This number of jobs, pending or running, for each worker.
    case jobsPerWorker(Double)
    /// The maximum waiting time in seconds. The workers can start all pending jobs within it, and keep up with new
    /// jobs.
    case drain(seconds: Double)

    /// The default target.
    public static let `default` = ScalingTarget.jobsPerWorker(10)

    /// The number of workers that the load requires, without limits. It is at least the number that the running jobs
    /// occupy, so a busy worker is never stopped.
    ///
    /// - Parameter slots: the number of jobs that one worker runs at once.
    public func workers(for load: ScalingLoad, slots: Int = 1) -> Int {
        let slots = Double(max(1, slots))
        let busy = Double(load.running) / slots
        let wanted: Double
        switch self {
        case .jobsPerWorker(let jobs): wanted = Double(load.pending + load.running) / jobs
        case .drain(let seconds):
            // Before the first job has ended, its run time is unknown: one slot for each job.
            let run = load.runSeconds ?? seconds
            wanted = max(load.arrivalRate * run, Double(load.pending) * run / seconds) / slots
        }
        let most = Double(load.pending + load.running) / slots
        return Int(max(busy, min(wanted, most)).rounded(.up))
    }
}

/// The load of a queue.
public struct ScalingLoad: Sendable, Hashable {
    /// The number of pending jobs.
    public var pending: Int
    /// The number of running jobs.
    public var running: Int
    /// The number of submitted jobs per second.
    public var arrivalRate: Double
    /// The average run time of a job, in seconds; nil if none has ended.
    public var runSeconds: Double?

    /// A load with these numbers.
    public init(pending: Int, running: Int, arrivalRate: Double = 0, runSeconds: Double? = nil) {
        self.pending = pending
        self.running = running
        self.arrivalRate = arrivalRate
        self.runSeconds = runSeconds
    }
}
