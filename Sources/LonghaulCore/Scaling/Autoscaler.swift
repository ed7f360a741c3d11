/// Decides how many workers there shall be, from what the load asks for: a state machine without a clock or
/// I/O of its own.
///
/// It grows at once and shrinks slowly: only when nothing has asked for the present number during a whole
/// cool-down, and then to the most that anything asked for in that time. A load that comes and goes faster
/// than the cool-down therefore makes no worker come and go.
public struct Autoscaler: Sendable {
    /// The bounds of an autoscaler.
    public struct Policy: Sendable, Hashable {
        /// Never fewer workers.
        public var minWorkers: Int
        /// Never more.
        public var maxWorkers: Int
        /// For how long fewer must be enough before there are fewer, in seconds.
        public var cooldownSeconds: Double

        /// A policy; at least one worker at most.
        public init(minWorkers: Int = 0, maxWorkers: Int, cooldownSeconds: Double = 60) {
            self.minWorkers = max(0, minWorkers)
            self.maxWorkers = max(1, minWorkers, maxWorkers)
            self.cooldownSeconds = max(0, cooldownSeconds)
        }
    }

    private let policy: Policy
    /// What was asked for during the cool-down, oldest first; each greater than all after it.
    private var demands: [(at: Timestamp, workers: Int)] = []
    private var beganAt: Timestamp?

    /// An autoscaler that has seen nothing yet.
    public init(_ policy: Policy) {
        self.policy = policy
    }

    /// How many workers there shall be now.
    ///
    /// - Parameters:
    ///   - demand: how many the load asks for.
    ///   - current: how many there are, those that are on their way out not counted.
    public mutating func decide(demand: Int, current: Int, at now: Timestamp) -> Int {
        let wanted = min(max(demand, policy.minWorkers), policy.maxWorkers)
        note(wanted, at: now)
        guard wanted < current else { return wanted }
        let kept = min(current, policy.maxWorkers)
        // What was asked for before it began to look it does not know: that waits a whole cool-down as well.
        guard let beganAt, now.seconds(since: beganAt) >= policy.cooldownSeconds else { return kept }
        return min(kept, demands.first?.workers ?? wanted)
    }

    private mutating func note(_ wanted: Int, at now: Timestamp) {
        if beganAt == nil { beganAt = now }
        let horizon = now.adding(seconds: -policy.cooldownSeconds)
        demands.removeAll { $0.at <= horizon || $0.workers <= wanted }
        demands.append((now, wanted))
    }
}
