/// Decides from samples of ``WorkMeter`` which components stand still, and for how long. It has no clock and no I/O.
public struct StandstillJudge: Sendable {
    private struct State {
        var progress: UInt64
        var seconds = 0.0
    }

    /// The longest time that one look may add. A longer gap means that the whole process stood still (SIGSTOP, a suspended
    /// machine), which says nothing about a component.
    private let maxGapSeconds: Double
    private var states: [String: State] = [:]

    /// - Parameter maxGapSeconds: a longer gap between two looks starts every component's time again.
    public init(maxGapSeconds: Double) {
        self.maxGapSeconds = maxGapSeconds
    }

    /// For how many seconds each component has stood still, in seconds; components that work, or have no work, are left
    /// out.
    ///
    /// - Parameters:
    ///   - samples: the present state of every component. Components with the same name count as one.
    ///   - elapsed: the seconds since the last call.
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
