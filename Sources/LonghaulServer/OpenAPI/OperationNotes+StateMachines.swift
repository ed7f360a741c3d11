/// The descriptions of the calls for state machines and executions.
extension OperationNotes {
    static let stateMachineTexts: [String: String] = [
        "listStateMachines":
            "The machines have no definitions here. Machines that were created with the AWS protocol are the same ones.",
        "createStateMachine":
            "The definition is an object in the Amazon States Language, or a string that holds its text, for definitions nested "
            + "deeper than bodies may be. 201 for a new machine. 200 if there is one of this name and content, so that the call may "
            + "be repeated; 409 if its content differs. Each error of the definition is a fault with a pointer into `/definition`. "
            + "Example: `{\"name\": \"hello\", \"definition\": {\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", "
            + "\"End\": true}}}}`.",
        "checkDefinition":
            "The answer has errors, with which no machine can be created, and warnings, each with a pointer into `/definition`. "
            + "The call creates nothing.",
        "testState":
            "Runs one state, and returns its output and the next state. `definition` is a state, or a machine with the name of the "
            + "state in `state`. `mock` replaces the work of a task, a map or a parallel state. `inspection` has the data between "
            + "the steps of the state.",
        "getStateMachine":
            "The answer has a strong `ETag` for `If-Match` of an update; `If-None-Match` answers 304.",
        "putStateMachine":
            "Executions that run keep the definition that they started with. A type cannot be changed (409). Without `tags`, the "
            + "machine keeps its tags. `If-Match` with the `ETag` of the machine answers 409 if it was changed since, and 404 if it "
            + "does not exist.",
        "deleteStateMachine":
            "Executions that run continue with the definition that they started with.",
        "startExecution":
            "The execution is durable when the server answers. `name` is unique among the executions of the machine, also after "
            + "their ends: while an execution of this name and input runs, the same request answers 200 with it and "
            + "`Idempotent-Replayed: true`; another request with the name answers 409. `qualifier` is the number of a version or the "
            + "name of an alias. `Prefer: wait=N` holds the answer until the execution has ended. An execution of an `express` "
            + "machine runs while the call is held, and has no `id`. Example: "
            + "`{\"input\": {\"order\": 7}, \"name\": \"order-7\"}`.",
        "listExecutionsOfStateMachine":
            "Executions without input, output, open states and map runs. `express` machines have no list (409). A page reads as "
            + "many executions as it needs for its `limit`.",
        "listExecutions":
            "Executions without input, output, open states and map runs, child executions of distributed maps included unless "
            + "`state_machine` is given.",
        "getExecution":
            "`open_states` are the states that were entered and not left, in the order of their entry, at most 100. The answer has a "
            + "strong `ETag`; `If-None-Match` answers 304.",
        "getExecutionHistory":
            "The events that AWS records, with its types in lower case: `task_state_entered`. `details` depends on the type. With "
            + "`order=desc` the newest event comes first.",
        "getExecutionDefinition":
            "It does not change when the machine is updated.",
        "stopExecution":
            "The execution ends as `aborted` with the given error and cause. Its tasks are cancelled. The call waits a few seconds "
            + "for the end. An execution that has ended is returned as it is.",
        "redriveExecution":
            "The states that failed, or were not over when the execution ended, run again. The history continues. "
            + "`redrive_count` counts the redrive once a server has continued the execution. 409 if the "
            + "execution runs, has succeeded, or is a child of a map run.",
    ]
}
