extension StepFunctions {
    /// All operations by name. Each file in this folder declares a group.
    static let operations: [String: Operation] = {
        let groups = [
            machineOperations, describeOperations, versionOperations, aliasOperations, activityOperations,
            tagOperations, validationOperations, stateTestOperations, startOperations, executionOperations,
            historyOperations, listOperations, mapRunOperations, callbackOperations,
        ]
        return groups.reduce(into: [:]) { all, group in
            all.merge(group) { _, _ in preconditionFailure("two operations have one name") }
        }
    }()
}
