package import LonghaulCore
import LonghaulJSON

/// Records of state machines, and the start of executions.
extension StoreTransaction {
    /// Writes records, and starts an execution; see `ExecutionStore.write(_:starting:)`.
    package func write(
        _ writes: [RecordWrite], starting execution: Submission?, by source: AuditSource?
    ) throws -> RecordOutcome {
        for write in writes {
            try check(write.key, starting: execution)
            guard try holds(write) else { return .conflict(write.key) }
        }
        let job = try execution.map { try start($0) }
        let changes = try source.map { _ in
            try writes.map { RecordChange(key: $0.key, before: try record($0.key)?.value, after: $0.value) }
        }
        for write in writes {
            guard let value = write.value else {
                try removeRecord(write.key)
                continue
            }
            if let execution, write.key.jobID == nil {
                try upsert(value, at: write.key, linkedTo: execution.id)
            } else {
                try upsert(value, at: write.key)
            }
        }
        try record(changes ?? [], by: source)
        return .written(job)
    }

    private func check(_ key: RecordKey, starting execution: Submission?) throws {
        guard key.hasValidName else {
            throw LonghaulError(
                .invalidRequest,
                "the name of a record must have 1 to \(RecordKey.maxNameBytes) bytes, and no U+0000")
        }
        if let id = key.jobID, id != execution?.id { _ = try knownExecution(id) }
    }

    private func holds(_ write: RecordWrite) throws -> Bool {
        switch write.condition {
        case .always: true
        case .absent: try record(write.key) == nil
        case .revision(let revision): try record(write.key)?.revision == revision
        }
    }

    /// Submits the job of an execution. Throws before it writes.
    private func start(_ execution: Submission) throws -> Job {
        guard execution.spec.kind == JobSpec.executionKind else {
            throw LonghaulError(.internal, "the job \(execution.id) is not an execution")
        }
        var scope = SubmissionScope()
        switch try submit(execution, &scope) {
        case .created(let job): return job
        case .refused(let error): throw error
        case .existing(let other):
            throw LonghaulError(
                .conflict, "the key of the execution was used before, for the job \(other.id)")
        }
    }

    // MARK: Links

    /// Stores a record of no job that is removed with a job.
    func upsert(_ value: JSONText, at key: RecordKey, linkedTo id: JobID) throws {
        try upsert(value, at: key)
        try upsert(.null, at: RecordKey(.link, of: id, key.linkName))
    }

    /// Removes the records of an execution that has ended, and those that are linked to it. The linked ones come last, because they
    /// name the execution.
    ///
    /// - Parameter weight: what may be removed; what was removed is subtracted. See ``KeyedRecord/weight``.
    /// - Returns: whether none is left.
    func emptyRecords(of id: JobID, _ weight: inout Int) throws -> Bool {
        guard weight > 0 else { return false }
        weight -= try removeRecords(of: id, in: [.event, .report, .task, .part], weight: weight)
        while weight > 0 {
            let page = RecordRange(.link, of: id, limit: min(weight, Self.linksAtOnce))
            let links = try records(page)
            for link in links {
                if let key = RecordKey(linkName: link.key.name) { try removeRecord(key) }
                try removeRecord(link.key)
            }
            weight -= links.count
            if links.count < page.limit { return true }
        }
        return false
    }

    private static var linksAtOnce: Int { 100 }
}

extension RecordKey {
    /// The name of the link to this record of no job: the number of its space, and its name.
    var linkName: String { "\(space.rawValue)/\(name)" }

    /// The record of no job of a link.
    init?(linkName: String) {
        let parts = linkName.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let space = Int(parts[0]).flatMap(RecordSpace.init(rawValue:)) else {
            return nil
        }
        self.init(space, String(parts[1]))
    }
}
