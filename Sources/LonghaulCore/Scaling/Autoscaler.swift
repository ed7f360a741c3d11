/// Computes the number of workers from the demand. A state machine without a clock or I/O of its own.
///
/// It scales up at once and scales down slowly: only after the demand was lower during a whole cool-down, and then to
/// the highest demand of that time. So a load that changes faster than the cool-down does not start and stop workers.
public struct Autoscaler: Sendable {
    /// The limits of an autoscaler.
    public struct Policy: Sendable, Hashable {
        /// The minimum number of workers.
        public var minWorkers: Int
        /// The maximum number of workers.
        public var maxWorkers: Int
        /// How long the demand must be lower before the number of workers decreases, in seconds.
        public var cooldownSeconds: Double

        /// A policy. The maximum is at least one.
        public init(minWorkers: Int = 0, maxWorkers: Int, cooldownSeconds: Double = 60) {
            self.minWorkers = max(0, minWorkers)
            self.maxWorkers = max(1, minWorkers, maxWorkers)
            self.cooldownSeconds = max(0, cooldownSeconds)
        }
    }

    private let policy: Policy
    /// The demand during the cool-down, the oldest first. Each entry is greater than all later ones.
    private var demands: [(at: Timestamp, workers: Int)] = []
    private var beganAt: Timestamp?

    /// An autoscaler without history.
    public init(_ policy: Policy) {
        self.policy = policy
    }

    /// The number of workers for the current demand.
    ///
    /// - Parameters:
    ///   - demand: the number of workers that the load requires.
    ///   - current: the number of workers, without those that are stopping.
    public mutating func decide(demand: Int, current: Int, at now: Timestamp) -> Int {
        let wanted = min(max(demand, policy.minWorkers), policy.maxWorkers)
        note(wanted, at: now)
        guard wanted < current else { return wanted }
        let kept = min(current, policy.maxWorkers)
        // The demand before the first call is unknown. Therefore scaling down waits for a whole cool-down in this case
        // too.
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
