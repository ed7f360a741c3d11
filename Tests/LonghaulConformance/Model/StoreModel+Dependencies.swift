import LonghaulCore

/// Dependencies in the model.
extension StoreModel {
    /// Whether a dependency that ended in this state satisfies a job.
    private static func satisfies(_ state: JobState, _ spec: JobSpec) -> Bool {
        spec.onDependencyFailure == .run || state == .completed
    }

    /// The state of a job without satisfied dependencies.
    static func unsatisfiedState(_ spec: JobSpec) -> JobState {
        spec.onDependencyFailure == .fail ? .failed : .cancelled
    }

    /// Sets what a new job waits for. Returns its state because of that; nil if it does not wait.
    func blockedState(of job: inout ModelJob) -> JobState? {
        let all = Set(job.dependsOn)
        let open = all.filter { jobs[$0]?.state.hasEnded == false }
        let satisfied = all.count { id in
            guard let state = jobs[id]?.state, state.hasEnded else { return false }
            return Self.satisfies(state, job.spec)
        }
        let needed = min(job.spec.join.waitFor ?? all.count, all.count) - satisfied
        guard needed > 0 else { return nil }
        if needed > open.count { return Self.unsatisfiedState(job.spec) }
        (job.openDependencies, job.needed) = (open, needed)
        return .blocked
    }

    /// Resolves the jobs that wait for a job that has ended.
    mutating func resolveDependents(of id: JobID) {
        guard let ended = jobs[id] else { return }
        let waiting = sortedJobs.filter { $0.state == .blocked && $0.openDependencies.contains(id) }
        for dependent in waiting.map(\.id) {
            // The end of an earlier one may have ended this one.
            guard var job = jobs[dependent], job.state == .blocked else { continue }
            job.openDependencies.remove(id)
            if Self.satisfies(ended.state, job.spec) { job.needed -= 1 }
            jobs[dependent] = job
            if job.needed <= 0 {
                unblock(dependent)
            } else if job.needed > job.openDependencies.count {
                move(dependent, to: Self.unsatisfiedState(job.spec), errorType: "dependency_failed")
            }
        }
    }

    private mutating func unblock(_ id: JobID) {
        guard let job = jobs[id] else { return }
        if job.spec.join.collects { return move(id, to: .completed) }
        let isDue = job.runAt.lowerBound <= now
        let runAt = max(job.runAt.lowerBound, now)
        move(id, to: isDue ? .pending : .scheduled) { $0.runAt = runAt...runAt }
    }
}
