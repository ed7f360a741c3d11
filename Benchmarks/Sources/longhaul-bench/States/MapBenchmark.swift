import LonghaulCore
import LonghaulExecutions
import LonghaulWorker

/// Runs one execution with a map over a number of items, and reports its time and the growth of the process.
struct MapBenchmark {
    /// How the map runs.
    enum Mode: String {
        /// Iterations in the execution itself.
        case inline
        /// Child executions.
        case distributed
        /// Iterations one after the other, each with a task that a worker runs.
        case tasks
    }

    let items: Int
    let mode: Mode
    let address: String
    private static let kind = "bench.noop"

    func run() async throws {
        let rig = try await MachineRig(address)
        let worker = Worker(
            configuration: WorkerConfiguration(queues: [("default", 8)]), gateway: rig.engine,
            handlers: [Handler(kind: Self.kind) { _ in Handler.Output() }])
        worker.start()
        // The first map loads code and opens connections.
        try await measure(rig, "warm", items: 40)
        let before = ProcessUsage.maximumMiB
        let taken = try await seconds { try await measure(rig, "map", items: items) }
        let grown = ProcessUsage.maximumMiB - before
        await worker.shutdown(grace: .seconds(30))
        try await rig.end()
        report([
            "items": Double(items), "seconds": taken, "items_per_second": Double(items) / taken,
            "grown_mib": grown,
        ])
    }

    private func measure(_ rig: MachineRig, _ name: String, items: Int) async throws {
        let ended = try await rig.completed()
        let machine = try await rig.create(name, definition)
        let list = (0..<items).map { #"{"n":\#($0)}"# }.joined(separator: ",")
        try await rig.start(1, of: machine, input: "[\(list)]")
        try await rig.waitUntil(completed: ended + 1 + (mode == .distributed ? items : 0))
    }

    private var definition: String {
        #"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,\#(fields)}}}"#
    }

    private var fields: String {
        let pass = #""StartAt":"P","States":{"P":{"Type":"Pass","End":true}}"#
        switch mode {
        case .inline: return #""ItemProcessor":{\#(pass)}"#
        case .distributed:
            return #"""
                "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},\#(pass)}
                """#
        case .tasks:
            let task = #"""
                "T":{"Type":"Task","Resource":"arn:aws:states:::longhaul:job","End":true,\#
                "Parameters":{"kind":"\#(Self.kind)","payload":{}}}
                """#
            return #""MaxConcurrency":1,"ItemProcessor":{"StartAt":"T","States":{\#(task)}}"#
        }
    }
}
