import LonghaulExecutions

/// Runs executions of a machine of ten Pass and Choice states, from their starts to their ends, with each execution and its history
/// durable.
struct TransitionsBenchmark {
    let executions: Int
    let address: String
    /// The definition: a text of JSON.
    let definition: String
    private static let states = 10
    private static let input = #"{"order":{"id":"A-1","total":120,"kind":"book"},"round":0}"#

    func run() async throws {
        let rig = try await MachineRig(address)
        let machine = try await rig.create("transitions", definition)
        // The first executions compile the definition and open connections.
        try await rig.start(100, of: machine, input: Self.input)
        try await rig.waitUntil(completed: 100)
        let taken = try await seconds {
            try await rig.start(executions, of: machine, input: Self.input)
            try await rig.waitUntil(completed: executions + 100)
        }
        try await rig.end()
        report([
            "executions": Double(executions), "seconds": taken,
            "executions_per_second": Double(executions) / taken,
            "transitions_per_second": Double(executions * Self.states) / taken,
        ])
    }
}
