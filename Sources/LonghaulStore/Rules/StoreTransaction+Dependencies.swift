package import LonghaulCore
import LonghaulJSON

/// Jobs that wait for other jobs.
extension StoreTransaction {
    /// Compares a new job with its dependencies.
    ///
    /// - Parameter created: the jobs that the same call has stored.
    func standing(
        of ids: [JobID], spec: JobSpec, created: [JobID: JobRow]
    ) throws -> DependencyStanding {
        var standing = DependencyStanding()
        var faults: [JSONFault] = []
        var wanted = 0
        var seen: Set<JobID> = []
        var firstOtherwise: JobID?
        try prefetch(ids)
        for (index, id) in ids.enumerated() {
            guard let row = try created[id] ?? row(id) else {
                let pointer = JSONPointer.root.appending("depends_on").appending(index)
                faults.append(JSONFault(pointer: pointer, message: "there is no job \(id)"))
                continue
            }
            guard seen.insert(id).inserted else { continue }
            if !row.job.state.isFinal {
                standing.open.append(row)
                continue
            }
            standing.resolved.append(row)
            if spec.isWanted(row.job.state) {
                wanted += 1
            } else {
                firstOtherwise = firstOtherwise ?? id
            }
        }
        guard faults.isEmpty else { throw LonghaulError.invalid(faults) }
        standing.needed = spec.dependenciesNeeded(of: seen.count, wanted: wanted)
        if let firstOtherwise, standing.needed > standing.open.count {
            standing.fault = .dependencyFailed(firstOtherwise)
            standing.state = spec.onDependencyFailure == .fail ? .failed : .cancelled
        } else if standing.needed > 0 {
            standing.state = .blocked
        }
        if standing.state != .blocked {
            standing.resolved += standing.open
            standing.open = []
        }
        return standing
    }

    /// Updates the dependents of an ended job, their dependents, and so on.
    package func updateDependents(of row: JobRow) throws {
        guard row.isAwaited else { return }
        var ended = [row]
        while let dependency = ended.popLast() {
            guard dependency.isAwaited else { continue }
            try resolveDependents(of: dependency) { dependent in
                guard dependent.job.state == .blocked, dependent.job.dependsOn.contains(dependency.job.id)
                else { return }
                try countEnded(dependency.job, for: &dependent)
                if dependent.job.state.isFinal { ended.append(dependent) }
            }
        }
    }

    private func countEnded(_ dependency: Job, for row: inout JobRow) throws {
        row.waitingOn -= 1
        if row.job.spec.isWanted(dependency.state) { row.needed -= 1 }
        if row.needed <= 0 {
            try unblock(&row)
        } else if row.needed > row.waitingOn {
            try endUnsatisfied(&row, because: dependency.id)
        } else {
            try update(row)
        }
    }

    /// Ends a blocked job whose dependencies can no longer be satisfied.
    package func endUnsatisfied(_ row: inout JobRow, because id: JobID) throws {
        let state: JobState = row.job.spec.onDependencyFailure == .fail ? .failed : .cancelled
        try move(&row, to: state, fault: .dependencyFailed(id))
    }

    /// Unblocks a job.
    package func unblock(_ row: inout JobRow) throws {
        row.waitingOn = 0
        row.needed = 0
        guard !row.job.spec.join.collects else { return try collect(&row) }
        let isDue = row.job.runAt <= now
        // The waiting time of dependencies does not count as waiting for a worker.
        row.job.runAt = max(row.job.runAt, now)
        try move(&row, to: isDue ? .pending : .scheduled)
    }

    /// Completes a job that only collects the results of its dependencies.
    func collect(_ row: inout JobRow) throws {
        row.job.result = try collected(from: row.job.dependsOn)
        try move(&row, to: .completed)
    }
}
