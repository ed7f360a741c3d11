package import LonghaulCore

/// The number of jobs in each state.
package struct StateCounts: Sendable, Equatable {
    /// By the state's code.
    package private(set) var values = [Int](repeating: 0, count: JobState.byCode.count)

    /// No jobs.
    package init() {}

    /// - Parameter values: one number for each state, by the state's code.
    package init(_ values: [Int]) {
        self.values = values
    }

    package subscript(state: JobState) -> Int {
        get { values[state.code] }
        set { values[state.code] = newValue }
    }

    /// The number of jobs that a bound limits.
    package func count(of jobs: BoundedJobs) -> Int {
        switch jobs {
        case .pending: values[JobState.pending.code]
        case .processing: values[JobState.processing.code]
        case .waiting: JobState.byCode.reduce(0) { $0 + ($1.isWaiting ? values[$1.code] : 0) }
        }
    }

    /// Whether there are no jobs in any state.
    package var isEmpty: Bool { values.allSatisfy { $0 == 0 } }

    /// Whether there are jobs that have not ended.
    package var hasUnended: Bool { JobState.byCode.contains { !$0.isFinal && values[$0.code] > 0 } }

    /// The states that have jobs.
    package var byState: [JobState: Int] {
        var byState: [JobState: Int] = [:]
        for state in JobState.byCode where values[state.code] != 0 { byState[state] = values[state.code] }
        return byState
    }

    package static func += (left: inout StateCounts, right: StateCounts) {
        for code in right.values.indices { left.values[code] += right.values[code] }
    }
}

/// The jobs of a queue that one of its settings limits.
package enum BoundedJobs: Sendable {
    /// The jobs that `max_depth` limits.
    case pending
    /// The jobs that `max_waiting` limits.
    case waiting
    /// The jobs that `max_concurrency` limits.
    case processing
}
