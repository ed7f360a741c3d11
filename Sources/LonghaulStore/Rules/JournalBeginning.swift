import LonghaulCore

/// The operations of a journal before another one, from which the code continues in another way.
///
/// What has ended since that operation started is open again where it can differ now: the groups, and the operations that
/// the code has cancelled. Outcomes remain: the code receives them in the recorded order, as far as it is recorded.
struct JournalBeginning {
    /// An operation whose child job is replaced by a new one.
    struct ReplacedChild {
        let operation: String
        let old: JobID
        let new: JobID
    }

    /// The operations, in their order.
    private(set) var operations: [JournalOperation]
    /// The indices of those that are open again.
    private(set) var reopened: [Int] = []

    /// No operations.
    init() {
        operations = []
    }

    /// - Parameters:
    ///   - operations: those with lower numbers than `first`, or a part of them.
    ///   - first: the operation that the code is to start again.
    ///   - scopes: the identifiers of the operations that contain `first`.
    init(_ operations: [JournalOperation], before first: JournalOperation, in scopes: Set<String>) {
        self.operations = operations
        for index in operations.indices
        where operations[index].isReopened(before: first, isScope: scopes.contains(operations[index].id)) {
            self.operations[index].reopen()
            reopened.append(index)
        }
    }

    /// Gives waiting operations of type `job` the IDs of new child jobs.
    ///
    /// - Parameter onlyReopened: whether the children of operations that never ended remain.
    mutating func replaceChildren(onlyReopened: Bool, _ newID: () -> JobID) -> [ReplacedChild] {
        var replaced: [ReplacedChild] = []
        for index in onlyReopened ? reopened : Array(operations.indices) {
            guard operations[index].type == .job, operations[index].status == .waiting,
                let old = operations[index].jobID
            else { continue }
            let child = ReplacedChild(operation: operations[index].id, old: old, new: newID())
            operations[index].jobID = child.new
            replaced.append(child)
        }
        return replaced
    }

    /// Changes an operation.
    mutating func update(_ index: Int, _ change: (inout JournalOperation) throws -> Void) rethrows {
        try change(&operations[index])
    }
}

extension JournalOperation {
    /// Whether it is open again if `first` and all later operations are removed.
    ///
    /// - Parameter isScope: whether it contains `first`.
    fileprivate func isReopened(before first: JournalOperation, isScope: Bool) -> Bool {
        switch type {
        case .group: status.isFinal && (isScope || hasEnded(since: first))
        case .timer, .signal, .job: status == .cancelled && hasEnded(since: first)
        case .step: status == .failed && error?.type == Self.stepCancelled && hasEnded(since: first)
        case .marker: false
        }
    }

    /// Whether it ended after another one started. At the same time, the other one usually follows from its end.
    private func hasEnded(since first: JournalOperation) -> Bool {
        guard let endedAt else { return false }
        return endedAt > first.startedAt || endedAt == first.startedAt && first.endedAt == first.startedAt
    }

    fileprivate mutating func reopen() {
        switch type {
        case .timer, .signal, .job: status = .waiting
        case .step, .group, .marker: status = .started
        }
        output = nil
        error = nil
        endedAt = nil
    }
}
