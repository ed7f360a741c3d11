import LonghaulCore
public import LonghaulEngine
import LonghaulStates
import Synchronization

/// Counts executions of state machines in memory, by the events of their histories.
///
/// The server that stores an event counts it, and each event is stored once. So the sum over all servers is the total. Events of
/// Express executions in memory are counted by the server that runs them.
final class ExecutionMetrics: Sendable {
    /// The executions that share their series.
    struct Series: Sendable, Hashable {
        /// The name of the machine. For the children of a distributed map, the label of the map follows: `orders/each`.
        let machine: String
        let isExpress: Bool
    }

    fileprivate struct Counts {
        var starts = 0
        var redrives = 0
        var transitions = 0
        var ends: [ExecutionStatus: Int] = [:]
        var durations = Histogram(bounds: Histogram.executionBounds)
    }

    fileprivate struct State {
        var machines: LabelBound
        var counts: [Series: Counts] = [:]
    }

    private let state: Mutex<State>
    private let time: any TimeSource

    /// - Parameter maxLabels: the maximum number of machines that have a label of their own.
    init(maxLabels: Int, time: any TimeSource) {
        state = Mutex(State(machines: LabelBound(maxLabels)))
        self.time = time
    }

    /// Counts events of an execution.
    ///
    /// - Parameter startedAt: when the execution started.
    func count(_ events: EventCounts, of series: Series, startedAt: Timestamp) {
        guard !events.isEmpty else { return }
        let now = time.now()
        state.withLock { state in
            state.expire(at: now)
            let machine = state.machines.label(series.machine, at: now)
            let series = Series(machine: machine, isExpress: series.isExpress)
            state.counts[series, default: Counts()].add(events, startedAt: startedAt)
        }
    }

    /// Writes the series.
    func write(to text: inout PrometheusText) {
        let now = time.now()
        let counts = state.withLock { state in
            state.expire(at: now)
            return state.counts
        }
        let sorted = counts.sorted { ($0.key.machine, $0.key.type) < ($1.key.machine, $1.key.type) }
        func each(_ name: String, _ help: String, _ value: (Counts) -> Int) {
            text.begin(name, .counter, help)
            for (series, counts) in sorted { text.value(value(counts), series.labels) }
        }
        each("longhaul_executions_started_total", "Executions of state machines that started.", \.starts)
        each(
            "longhaul_executions_redriven_total", "Executions that ended and were continued by a redrive.",
            \.redrives)
        text.begin("longhaul_executions_finished_total", .counter, "Executions that ended, by outcome.")
        for (series, counts) in sorted {
            for status in ExecutionStatus.ends {
                text.value(
                    counts.ends[status] ?? 0, series.labels + [("outcome", status.rawValue.lowercased())])
            }
        }
        each("longhaul_state_transitions_total", "States that executions entered.", \.transitions)
        text.begin(
            "longhaul_execution_seconds", .histogram, "The time from the start to the end of an execution.")
        for (series, counts) in sorted where counts.durations.count > 0 {
            text.value(counts.durations, series.labels)
        }
    }
}

extension ExecutionMetrics.State {
    /// Removes the series of machines that were not used for an hour.
    fileprivate mutating func expire(at now: Timestamp) {
        let expired = machines.expire(at: now)
        if !expired.isEmpty { counts = counts.filter { !expired.contains($0.key.machine) } }
    }
}

extension ExecutionMetrics.Counts {
    fileprivate mutating func add(_ events: EventCounts, startedAt: Timestamp) {
        starts += events.starts
        redrives += events.redrives
        transitions += events.transitions
        for end in events.ends {
            ends[end.status, default: 0] += 1
            durations.add(max(0, Timestamp(milliseconds: end.time).seconds(since: startedAt)))
        }
    }
}

extension ExecutionMetrics.Series {
    /// The type of the executions, as a label.
    fileprivate var type: String { isExpress ? "express" : "standard" }

    fileprivate var labels: PrometheusText.Labels { [("machine", machine), ("type", type)] }

    /// The series of an execution.
    init(_ payload: ExecutionPayload, _ machine: StateMachine) {
        let map = payload.child.map { machine.mapName(ofBlock: $0.block) }
        self.machine = map.map { "\(payload.machine)/\($0)" } ?? payload.machine
        isExpress = payload.isExpress
    }
}

extension ExecutionStatus {
    /// How an execution can end.
    fileprivate static let ends: [ExecutionStatus] = [.succeeded, .failed, .timedOut, .aborted]
}

extension StateMachine {
    /// The label of the map that runs a block, or the name of its state: a map without a label gets another one for each run.
    fileprivate func mapName(ofBlock block: Int) -> String {
        guard blocks.indices.contains(block), let owner = blocks[block].owner else { return "" }
        guard case .map(let map) = states[owner].kind, let label = map.label else {
            return states[owner].name
        }
        return label
    }
}

extension StepFunctions {
    /// Writes the metrics of executions that this server has run.
    public func writeMetrics(to text: inout PrometheusText) {
        metrics.write(to: &text)
        text.begin(
            "longhaul_express_executions", .gauge, "Express executions that run in the memory of this server."
        )
        text.value(express.count)
    }
}
