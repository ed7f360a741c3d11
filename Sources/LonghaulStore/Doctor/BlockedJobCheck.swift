package import LonghaulCore

/// Compares the row of a blocked job with the jobs that it depends on.
package struct BlockedJobCheck {
    /// The dependencies that have not ended.
    package private(set) var open: [JobRow] = []
    /// The open dependencies without an unresolved edge from the job.
    package private(set) var missingEdges: [JobRow] = []
    /// The number of open dependencies that must still satisfy the job.
    package private(set) var needed = 0
    /// The first dependency that did not satisfy it, or does not exist.
    package private(set) var firstUnwanted: JobID?
    /// Whether the row and the edges agree with the dependencies.
    package private(set) var isCorrect = false

    /// Checks a job.
    ///
    /// - Parameters:
    ///   - find: returns a job's row; nil if there is none.
    ///   - hasEdge: whether an unresolved edge leads from the job to a dependency.
    package init(
        of row: JobRow, find: (JobID) throws -> JobRow?, hasEdge: (JobRow) throws -> Bool
    ) rethrows {
        let ids = Set(row.job.dependsOn)
        var wanted = 0
        for id in ids.sorted() {
            let dependency = try find(id)
            if let dependency, !dependency.job.state.isFinal {
                open.append(dependency)
                if try !hasEdge(dependency) { missingEdges.append(dependency) }
            } else if row.job.spec.isWanted(dependency?.job.state ?? .cancelled) {
                wanted += 1
            } else {
                firstUnwanted = firstUnwanted ?? id
            }
        }
        needed = row.job.spec.dependenciesNeeded(of: ids.count, wanted: wanted)
        isCorrect =
            missingEdges.isEmpty && needed > 0 && needed <= open.count && row.waitingOn == open.count
            && row.needed == needed
    }

    /// What is wrong with the row or its edges, in one sentence.
    package func problem(of row: JobRow) -> String {
        guard row.waitingOn != open.count || row.needed != needed else {
            return
                "job \(row.job.id) is blocked, and \(missingEdges.count) of its dependencies are not recorded"
        }
        return "job \(row.job.id) needs \(row.needed) of \(row.waitingOn) jobs, but should need "
            + "\(needed) of \(open.count)"
    }
}

extension StoreTransaction {
    /// Corrects a blocked job: unblocks it, ends it, or records what it waits for.
    package func repair(_ row: inout JobRow, by check: BlockedJobCheck) throws {
        row.waitingOn = check.open.count
        row.needed = check.needed
        if check.needed <= 0 {
            try unblock(&row)
        } else if check.needed > check.open.count {
            try endUnsatisfied(&row, because: check.firstUnwanted ?? row.job.id)
        } else {
            try prefetch(check.missingEdges.map(\.job.id))
            for other in check.missingEdges { try addDependency(of: row, on: other) }
            try update(row)
        }
        if row.job.state.isFinal { try updateDependents(of: row) }
    }
}
