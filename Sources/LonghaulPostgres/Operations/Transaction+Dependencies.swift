import LonghaulCore
import LonghaulJSON
import LonghaulStoreRules

/// Jobs that wait for other jobs.
extension Transaction {
    /// How a new job stands to the jobs it depends on.
    struct DependencyStanding {
        /// Those that have not ended.
        var open: Set<JobID> = []
        /// How many of them are to end as wanted.
        var needed = 0
        /// Where the job stands because of them; nil if it need not wait.
        var state: JobState?
        /// Why, if too many of them did not complete.
        var fault: JobError?
    }

    func standing(of ids: [JobID], spec: JobSpec) throws -> DependencyStanding {
        var standing = DependencyStanding()
        var faults: [JSONFault] = []
        var asWanted: Set<JobID> = []
        var otherwise: Set<JobID> = []
        var firstOtherwise: JobID?
        try fetch(ids)
        for (index, id) in ids.enumerated() {
            guard let row = try row(id) else {
                let pointer = JSONPointer.root.appending("depends_on").appending(index)
                faults.append(JSONFault(pointer: pointer, message: "there is no job \(id)"))
                continue
            }
            if !row.job.state.isFinal {
                standing.open.insert(id)
            } else if spec.isWanted(row.job.state) {
                asWanted.insert(id)
            } else {
                otherwise.insert(id)
                firstOtherwise = firstOtherwise ?? id
            }
        }
        guard faults.isEmpty else { throw LonghaulError.invalid(faults) }
        let all = standing.open.count + asWanted.count + otherwise.count
        standing.needed = spec.dependenciesNeeded(of: all, wanted: asWanted.count)
        if let firstOtherwise, standing.needed > standing.open.count {
            standing.fault = .dependencyFailed(firstOtherwise)
            standing.state = spec.onDependencyFailure == .fail ? .failed : .cancelled
        } else if standing.needed > 0 {
            standing.state = .blocked
        }
        if standing.state != .blocked { standing.open = [] }
        return standing
    }

    func insertDependency(of id: JobID, on other: JobID) {
        change(other) { entry in
            entry.waiting.append(id)
            entry.newWaiting.append(id)
            guard !entry.row.isAwaited else { return }
            entry.row.isAwaited = true
            entry.isChanged = true
        }
    }

    /// Deals with the jobs that waited for one that has ended, with those that waited for them, and so on.
    func settleDependents(of row: JobRow) throws {
        var ended = [row]
        while let dependency = ended.popLast() {
            guard let entry = entries[dependency.job.id], entry.row.isAwaited else { continue }
            let ids = entry.waiting.sorted()
            guard !ids.isEmpty else { continue }
            change(dependency.job.id) { entry in
                if entry.waiting.count > entry.newWaiting.count { entry.forgetsWaiting = true }
                entry.waiting = []
                entry.newWaiting = []
            }
            try fetch(ids)
            for id in ids {
                guard var dependent = try self.row(id), dependent.job.state == .blocked,
                    dependent.job.dependsOn.contains(dependency.job.id)
                else { continue }
                try settle(&dependent, after: dependency.job)
                if dependent.job.state.isFinal { ended.append(dependent) }
            }
        }
    }

    private func settle(_ row: inout JobRow, after dependency: Job) throws {
        row.waitingOn -= 1
        if row.job.spec.isWanted(dependency.state) { row.needed -= 1 }
        if row.needed <= 0 {
            try free(&row)
        } else if row.needed > row.waitingOn {
            try move(
                &row, to: row.job.spec.onDependencyFailure == .fail ? .failed : .cancelled,
                fault: .dependencyFailed(dependency.id))
        } else {
            save(row)
        }
    }

    /// Lets a blocked job go on.
    func free(_ row: inout JobRow) throws {
        row.waitingOn = 0
        row.needed = 0
        guard !row.job.spec.join.collects else { return try collect(&row) }
        let isDue = row.job.runAt <= now
        // Due from now on: before, it waited for others and not for a worker.
        row.job.runAt = max(row.job.runAt, now)
        try move(&row, to: isDue ? .pending : .scheduled)
    }

    /// Completes a job that only collects what came of those it waited for.
    func collect(_ row: inout JobRow) throws {
        row.job.result = try collected(from: row.job.dependsOn)
        try move(&row, to: .completed)
    }
}
