package import LonghaulCore
import LonghaulJSON

/// A copy of a job whose operations are not copied yet.
package struct ForkProgress: Sendable {
    /// The job that is copied.
    package var source: JobID
    /// The number of its first operation that is not copied.
    package var end: Int64

    package init(source: JobID, end: Int64) {
        self.source = source
        self.end = end
    }
}

/// Copies of jobs with a part of their journals.
///
/// A long journal is copied in several transactions, because other calls wait for each of them. The copy is paused until it is complete.
/// Each beginning of a journal is one with which the code can run. So nothing is wrong with a copy that an operator cancels
/// before it is complete.
extension StoreTransaction {
    /// Submits a copy of a job with the first operations; see `JobStore.fork(_:from:as:caller:)`.
    ///
    /// - Returns: the copy, and whether it is complete.
    package func fork(
        _ id: JobID, from operation: String, as newID: JobID, caller: String
    ) throws -> (job: Job, isComplete: Bool) {
        let source = try knownWithJournal(id)
        let first = try known(operation, of: source)
        let spec = try job(source).spec.submittedAgain(at: now)
        var scope = SubmissionScope()
        let outcome = try submit(Submission(id: newID, spec: spec, caller: caller), &scope)
        if case .refused(let error) = outcome { throw error }
        var copy = try known(newID)
        copy.fork = ForkProgress(source: id, end: first.number)
        try copyNext(to: &copy)
        return (try family(of: copy), copy.fork == nil)
    }

    /// Copies the next operations of a fork.
    ///
    /// - Returns: the copy, and whether it is complete.
    package func continueFork(_ id: JobID) throws -> (job: Job, isComplete: Bool) {
        var copy = try known(id)
        if copy.fork != nil { try copyNext(to: &copy) }
        return (try family(of: copy), copy.fork == nil)
    }

    /// Copies the next operations to a copy, and makes it pending after the last one.
    func copyNext(to copy: inout JobRow) throws {
        guard let progress = copy.fork else { return }
        if !copy.job.state.isFinal, let source = try row(progress.source),
            let first = try operation(of: source, number: progress.end)
        {
            try copyNext(to: &copy, of: source, before: first)
        } else {
            // The rest was removed. The copy runs with what it has. Or the copy has ended when it was submitted.
            copy.fork = nil
        }
        guard copy.fork == nil else {
            // So that maintenance continues if no caller does.
            copy.wakeAt = now
            copy.job.isPaused = true
            return copy.job.state == .suspended ? try update(copy) : try move(&copy, to: .suspended)
        }
        copy.job.isPaused = false
        copy.wakeAt = try waitingOperations(of: copy).compactMap(\.until).min()
        guard copy.job.state == .suspended else { return try update(copy) }
        copy.job.runAt = now
        try move(&copy, to: .pending)
    }

    private func copyNext(to copy: inout JobRow, of source: JobRow, before first: JournalOperation) throws {
        let copied = copy.job.operationCount
        let left = Int(first.number) - 1 - copied
        let limit = min(left, copiedAtOnce(of: source))
        var part = JournalBeginning(
            limit > 0 ? try operations(of: source, after: Int64(copied), limit: limit) : [], before: first,
            in: try scopes(of: first, in: source))
        let children = part.replaceChildren(onlyReopened: false) { JobID(at: now, random: random) }
        try add(part.operations, to: &copy)
        if part.operations.count >= left || part.operations.isEmpty { copy.fork = nil }
        guard !children.isEmpty else { return }
        try update(copy)
        try submitChildren(children, of: copy.job.id)
        copy = try row(copy.job.id) ?? copy
    }

    /// The number of operations that one transaction copies.
    private func copiedAtOnce(of source: JobRow) -> Int {
        let mean = max(1, source.journalBytes / Int64(max(1, source.job.operationCount)))
        return max(1, min(limits.journal.copiedOperations, Int(limits.journal.copiedBytes / mean)))
    }

    /// Adds operations of another job to the journal of a job.
    private func add(_ operations: [JournalOperation], to copy: inout JobRow) throws {
        var edit = JournalEdit(copy)
        var signals = try lastSignalNumber(of: copy)
        for var operation in operations {
            operation.secret = 0
            if operation.type == .signal, operation.status == .waiting { operation.secret = random.next() }
            if operation.isCompensation { edit.row.hasCompensations = true }
            edit.insert(operation)
            guard operation.type == .signal, operation.status == .succeeded else { continue }
            // So that a restart of the copy keeps the signal again.
            signals += 1
            var signal = StoredSignal(
                number: signals, signal: Signal(name: operation.name, value: operation.output ?? .null),
                receivedAt: operation.endedAt ?? now)
            signal.consumedBy = operation.number
            try insert(signal, of: copy)
        }
        try write(&edit)
        copy = edit.row
    }

    // MARK: Child jobs

    /// Submits child jobs like earlier ones.
    func submitChildren(_ children: [JournalBeginning.ReplacedChild], of parent: JobID) throws {
        for child in children {
            guard let error = try submit(child, of: parent) else { continue }
            var edit = JournalEdit(try known(parent))
            guard let operation = try operation(child.operation, in: &edit) else { continue }
            edit.end(operation, .failed, error: error, at: now)
            try store(edit, hasEnded: true)
        }
    }

    /// Submits a child job like an earlier one. Returns the error of an operation that has no child.
    private func submit(_ child: JournalBeginning.ReplacedChild, of parent: JobID) throws -> JobError? {
        guard let old = try row(child.old).map(job) else { return .childLost }
        var submission = Submission(
            id: child.new, spec: old.spec.submittedAgain(at: now), caller: old.caller,
            runAt: old.state == .scheduled ? old.runAt : nil)
        submission.dependsOn = old.dependsOn
        submission.parentID = parent
        submission.parentOperation = child.operation
        var scope = SubmissionScope(isBounded: false)
        if case .refused(let error) = try submit(submission, &scope) {
            return JobError(type: error.code.rawValue, message: error.detail, retryable: false)
        }
        if let row = try row(child.new), row.job.state.isFinal {
            try endParentOperation(of: row, fault: try job(row).error)
        }
        return nil
    }
}

extension JobSpec {
    /// The specification of another job like it: one whose latest start has passed may start at any time.
    fileprivate func submittedAgain(at now: Timestamp) -> JobSpec {
        var spec = self
        if let expiresAt, expiresAt <= now { spec.expiresAt = nil }
        return spec
    }
}

extension LonghaulError {
    static func isBeingCopied(_ id: JobID) -> LonghaulError {
        LonghaulError(.conflict, "the journal of the job \(id) is still being copied: repeat the call later")
    }
}
