/// The tags by which executions of state machines and their jobs are found. Callers cannot change them.
package enum ExecutionTag {
    /// The state machine of an execution that is no child of a map run.
    package static let machine = "state_machine"
    /// The number of the map run of a child execution.
    package static let mapRun = "map_run"
    /// The number of the task of an activity in its execution.
    package static let task = "task"

    /// All of them.
    package static let names: Set<String> = [machine, mapRun, task]
}
