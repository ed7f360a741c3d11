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
    /// A dependency counts in the state of its first end. If it is retried later, the job does not wait for it again.
    ///
    /// - Parameters:
    ///   - find: returns a job's row; nil if there is none.
    ///   - hasEdge: whether an unresolved edge leads from the job to a dependency.
    package init(of row: JobRow, find: (JobID) throws -> JobRow?, hasEdge: (JobRow) throws -> Bool) throws {
        let ids = Set(row.job.dependsOn)
        var wanted = 0
        /// The dependencies of which it is no longer known how they ended.
        var unknown = 0
        for id in ids.sorted() {
            guard let dependency = try find(id) else {
                unknown += 1
                firstUnwanted = firstUnwanted ?? id
                continue
            }
            let isAwaited = try !dependency.job.state.isFinal && hasEdge(dependency)
            let ends = isAwaited ? [] : try dependency.possibleEnds(since: row.job.createdAt)
            if ends.isEmpty {
                open.append(dependency)
                if !isAwaited { missingEdges.append(dependency) }
            } else if ends.allSatisfy({ row.job.spec.isWanted($0) }) {
                wanted += 1
            } else if ends.contains(where: { row.job.spec.isWanted($0) }) {
                unknown += 1
            } else {
                firstUnwanted = firstUnwanted ?? id
            }
        }
        let spec = row.job.spec
        let most = spec.dependenciesNeeded(of: ids.count, wanted: wanted)
        let least = spec.dependenciesNeeded(of: ids.count, wanted: wanted + unknown)
        needed = min(max(row.needed, least), most)
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

extension JobRow {
    /// The states in which the job may have ended first for another job that was created at this time. Several if changes
    /// have the same time; none if the job has not ended.
    fileprivate func possibleEnds(since createdAt: Timestamp) throws -> [JobState] {
        var atCreation: [JobState] = []
        var firstEnd: JobState?
        for entry in try history.entries() {
            if entry.at < createdAt {
                atCreation = [entry.state]
            } else if entry.at == createdAt {
                atCreation.append(entry.state)
            } else if firstEnd == nil, entry.state.isFinal {
                firstEnd = entry.state
            }
        }
        let ended = atCreation.filter(\.isFinal)
        if ended.count == atCreation.count, !ended.isEmpty { return ended }
        // The history of a damaged row may not have its end.
        let end = firstEnd ?? (job.state.isFinal && ended.isEmpty ? job.state : nil)
        return ended + [end].compactMap(\.self)
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
