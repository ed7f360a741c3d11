import LonghaulCore
import LonghaulJSON

/// Jobs that wait for other jobs.
extension Transaction {
    /// How a new job stands to the jobs it depends on.
    struct DependencyStanding {
        /// Those that have not ended.
        var open: Set<JobID> = []
        /// Where the job stands because of them; nil if it need not wait.
        var state: JobState?
        /// Why, if one of them failed.
        var fault: JobError?
    }

    func standing(
        of ids: [JobID], policy: JobSpec.DependencyPolicy
    ) throws(LonghaulError) -> DependencyStanding {
        var standing = DependencyStanding()
        var faults: [JSONFault] = []
        for (index, id) in ids.enumerated() {
            guard let row = row(id) else {
                let pointer = JSONPointer.root.appending("depends_on").appending(index)
                faults.append(JSONFault(pointer: pointer, message: "there is no job \(id)"))
                continue
            }
            if !row.job.state.isFinal {
                standing.open.insert(id)
            } else if row.job.state != .completed, policy != .run, standing.fault == nil {
                standing.fault = .dependencyFailed(id)
            }
        }
        guard faults.isEmpty else { throw LonghaulError.invalid(faults) }
        if standing.fault != nil {
            standing.open = []
            standing.state = policy == .fail ? .failed : .cancelled
        } else if !standing.open.isEmpty {
            standing.state = .blocked
        }
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
        let policy = row.job.spec.onDependencyFailure
        if dependency.state == .completed || policy == .run {
            row.waitsFor.remove(dependency.id)
            guard row.waitsFor.isEmpty else { return put(row) }
            let isDue = row.job.runAt <= now
            // Due from now on: before, it waited for others and not for a worker.
            row.job.runAt = max(row.job.runAt, now)
            move(&row, to: isDue ? .pending : .scheduled)
        } else {
            move(&row, to: policy == .fail ? .failed : .cancelled, fault: .dependencyFailed(dependency.id))
        }
    }
}
