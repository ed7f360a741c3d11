import LonghaulCore
import LonghaulJSON

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

    func standing(of ids: [JobID], spec: JobSpec) throws(LonghaulError) -> DependencyStanding {
        var standing = DependencyStanding()
        var faults: [JSONFault] = []
        var wanted: Set<JobID> = []
        var firstOtherwise: JobID?
        for (index, id) in ids.enumerated() {
            guard let row = row(id) else {
                let pointer = JSONPointer.root.appending("depends_on").appending(index)
                faults.append(JSONFault(pointer: pointer, message: "there is no job \(id)"))
                continue
            }
            if !row.job.state.isFinal {
                standing.open.insert(id)
            } else if spec.isWanted(row.job.state) {
                wanted.insert(id)
            } else {
                firstOtherwise = firstOtherwise ?? id
            }
        }
        guard faults.isEmpty else { throw LonghaulError.invalid(faults) }
        standing.needed = spec.dependenciesNeeded(of: Set(ids).count, wanted: wanted.count)
        if let firstOtherwise, standing.needed > standing.open.count {
            standing.fault = .dependencyFailed(firstOtherwise)
            standing.state = spec.onDependencyFailure == .fail ? .failed : .cancelled
        } else if standing.needed > 0 {
            standing.state = .blocked
        }
        if standing.state != .blocked { standing.open = [] }
        return standing
    }

    /// Deals with the jobs that waited for one that has ended, with those that waited for them, and so on.
    func settleDependents(of row: StoredJob) {
        var ended = [row]
        while let dependency = ended.popLast() {
            let id = dependency.job.id
            for dependent in tables.rows(where: { $0.job.state == .blocked && $0.waitsFor.contains(id) }) {
                var dependent = dependent
                settle(&dependent, after: dependency.job)
                if dependent.job.state.isFinal { ended.append(dependent) }
            }
        }
    }

    private func settle(_ row: inout StoredJob, after dependency: Job) {
        let spec = row.job.spec
        if flaw == .hungJoin, dependency.state != .completed, spec.onDependencyFailure == .run { return }
        row.waitsFor.remove(dependency.id)
        if spec.isWanted(dependency.state) { row.needed -= 1 }
        if row.needed <= 0 {
            free(&row)
        } else if row.needed > row.waitsFor.count {
            move(
                &row, to: spec.onDependencyFailure == .fail ? .failed : .cancelled,
                fault: .dependencyFailed(dependency.id))
        } else {
            put(row)
        }
    }

    /// Lets a blocked job go on.
    private func free(_ row: inout StoredJob) {
        row.waitsFor = []
        row.needed = 0
        guard !row.job.spec.join.collects else { return collect(&row) }
        let isDue = row.job.runAt <= now
        // Due from now on: before, it waited for others and not for a worker.
        row.job.runAt = max(row.job.runAt, now)
        move(&row, to: isDue ? .pending : .scheduled)
    }

    /// Completes a job that only collects what came of those it waited for.
    func collect(_ row: inout StoredJob) {
        row.job.result = tables.collected(from: row.job.dependsOn)
        move(&row, to: .completed)
    }
}
