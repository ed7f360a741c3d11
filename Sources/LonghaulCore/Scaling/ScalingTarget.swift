/// How many workers a queue is to have, by what lies in it.
public enum ScalingTarget: Sendable, Hashable {
    /// So many jobs, pending or running, for each worker.
    case jobsPerWorker(Double)
    /// Nobody shall wait longer than so many seconds: what is pending is gone by then, and what comes in is
    /// kept up with.
    case drain(seconds: Double)

    /// The usual target.
    public static let usual = ScalingTarget.jobsPerWorker(10)

    /// How many workers the load asks for, before any bound. Never fewer than what is running keeps busy, so
    /// that a worker with work is not one too many.
    ///
    /// - Parameter slots: how many jobs one worker runs at once.
    public func workers(for load: ScalingLoad, slots: Int = 1) -> Int {
        let slots = Double(max(1, slots))
        let busy = Double(load.running) / slots
        let wanted: Double
        switch self {
        case .jobsPerWorker(let jobs): wanted = Double(load.pending + load.running) / jobs
        case .drain(let seconds):
            // Before the first job has run, one slot for each job is as good a guess as any.
            let run = load.runSeconds ?? seconds
            wanted = max(load.arrivalRate * run, Double(load.pending) * run / seconds) / slots
        }
        let most = Double(load.pending + load.running) / slots
        return Int(max(busy, min(wanted, most)).rounded(.up))
    }
}

/// What a queue asks of its workers.
public struct ScalingLoad: Sendable, Hashable {
    /// Jobs that wait for a worker.
    public var pending: Int
    /// Jobs that run.
    public var running: Int
    /// Jobs submitted, a second.
    public var arrivalRate: Double
    /// How long a job runs on average, in seconds; nil while none has ended.
    public var runSeconds: Double?

    /// A load of these.
    public init(pending: Int, running: Int, arrivalRate: Double = 0, runSeconds: Double? = nil) {
        self.pending = pending
        self.running = running
        self.arrivalRate = arrivalRate
        self.runSeconds = runSeconds
    }
}
