import LonghaulCore
import LonghaulExecutions

/// What a caller needs for an operation of Step Functions.
enum OperationRights {
    /// The scope of each operation.
    static let scopes: [String: KeyScope] = {
        let operations: [KeyScope: [String]] = [
            .jobsRead: [
                "DescribeActivity", "DescribeExecution", "DescribeMapRun", "DescribeStateMachine",
                "DescribeStateMachineAlias", "DescribeStateMachineForExecution", "GetExecutionHistory",
                "ListActivities", "ListExecutions", "ListMapRuns", "ListStateMachineAliases",
                "ListStateMachines",
                "ListStateMachineVersions", "ListTagsForResource", "ValidateStateMachineDefinition",
            ],
            .jobsSubmit: ["StartExecution", "StartSyncExecution", "TestState"],
            .jobsWrite: ["RedriveExecution", "StopExecution", "UpdateMapRun"],
            .queuesWrite: [
                "CreateActivity", "CreateStateMachine", "CreateStateMachineAlias", "DeleteActivity",
                "DeleteStateMachine", "DeleteStateMachineAlias", "DeleteStateMachineVersion",
                "PublishStateMachineVersion", "TagResource", "UntagResource", "UpdateStateMachine",
                "UpdateStateMachineAlias",
            ],
            .work: ["GetActivityTask", "SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess"],
        ]
        return operations.reduce(into: [:]) { scopes, entry in
            for operation in entry.value { scopes[operation] = entry.key }
        }
    }()

    /// The operations that wait before they answer. They end when the server stops or the key of the caller ends.
    static let held: Set<String> = ["GetActivityTask", "StartSyncExecution"]

    /// Whether the audit log records the changes of an operation. As for other calls, it records no submissions and no calls
    /// of workers.
    static func isAudited(_ operation: String) -> Bool {
        scopes[operation] == .jobsWrite || scopes[operation] == .queuesWrite
    }

    /// Checks that a caller may perform an operation.
    ///
    /// - Throws: `AccessDeniedException`.
    static func require(_ operation: String, for caller: Caller) throws(ServiceError) {
        let scope = scopes[operation] ?? .admin
        do throws(LonghaulError) {
            try caller.grant.require(scope)
            try caller.grant.requireExecutions(changesMachines: scope == .queuesWrite)
        } catch {
            throw ServiceError(
                "AccessDeniedException",
                "User: \(caller.name) is not authorized to perform: states:\(operation) because \(error.detail)"
            )
        }
    }
}

extension KeyGrant {
    /// Throws unless the grant covers executions.
    ///
    /// A state machine submits jobs of any kind to any queue. A key that is limited to queues or kinds therefore cannot change
    /// machines, and needs the queue and the kind of executions for the other calls.
    func requireExecutions(changesMachines: Bool) throws(LonghaulError) {
        if changesMachines { try requireAllQueues() }
        try require(queue: JobSpec.executionQueue)
        try require(kind: JobSpec.executionKind)
    }
}
