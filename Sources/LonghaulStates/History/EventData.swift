/// Which data the written form of an event has.
struct EventData: Sendable, Hashable {
    /// Whether inputs, outputs and variables are written.
    var includesData = true
    /// Whether the parameters of tasks are written.
    var includesParameters = true
    /// Maximum size of an input, an output, or parameters, in bytes; nil for none.
    var maxBytes: Int?

    /// All data.
    static let complete = EventData()
    /// What GetExecutionHistory shows without execution data.
    static let history = EventData(includesData: false)
}
