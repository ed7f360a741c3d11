public import LonghaulConcurrency

/// Computes from samples of ``WorkMeter`` for how long components have made no progress. It has no clock and no I/O.
public struct StandstillJudge: Sendable {
    private struct State {
        var progress: UInt64
        var seconds = 0.0
    }

    /// The maximum gap between two samples. In a longer gap the whole process was stopped (SIGSTOP, a suspended machine), which
    /// says nothing about a component.
    private let maxGapSeconds: Double
    private var states: [String: State] = [:]

    /// - Parameter maxGapSeconds: a longer gap between two samples resets the time of every component.
    public init(maxGapSeconds: Double) {
        self.maxGapSeconds = maxGapSeconds
    }

    /// The time without progress of each component, in seconds. Components with progress or without work are omitted.
    ///
    /// - Parameters:
    ///   - samples: the state of every component. Components with the same name count as one.
    ///   - elapsed: the time since the last call, in seconds.
    public mutating func judge(_ samples: [WorkMeter.Sample], elapsed: Double) -> [String: Double] {
        var next: [String: State] = [:]
        for (name, sample) in Self.joined(samples) where sample.isBusy {
            if elapsed <= maxGapSeconds, let state = states[name], state.progress == sample.progress {
                next[name] = State(progress: sample.progress, seconds: state.seconds + elapsed)
            } else {
                next[name] = State(progress: sample.progress)
            }
        }
        states = next
        return next.filter { $0.value.seconds > 0 }.mapValues(\.seconds)
    }

    private static func joined(_ samples: [WorkMeter.Sample]) -> [String: WorkMeter.Sample] {
        Dictionary(samples.map { ($0.name, $0) }) { first, second in
            WorkMeter.Sample(
                name: first.name, isBusy: first.isBusy || second.isBusy,
                progress: first.progress &+ second.progress)
        }
    }
}
