import LonghaulCore

/// Maintenance in the model. The store chooses the order and, because of the limit, the jobs.
extension StoreModel {
    /// What maintenance does to a job.
    private enum Work: CaseIterable {
        case expire
        case endLease
        case promote
        case remove
    }

    /// Whether a job must not start any more.
    func hasExpired(_ job: ModelJob) -> Bool {
        !job.state.hasEnded && job.state != .processing && job.spec.expiresAt.map { $0 <= now } ?? false
    }

    /// Cancels a job that did not start in time.
    mutating func expire(_ id: JobID) {
        if let job = jobs[id] { expect(hasExpired(job), "\(id) was cancelled as expired, but is not") }
        move(id, to: .cancelled, errorType: "expired")
    }

    /// When maintenance must do something to a job; nil if never.
    private func moment(of work: Work, for job: ModelJob) -> Timestamp? {
        switch work {
        case .expire: return job.state.hasEnded || job.state == .processing ? nil : job.spec.expiresAt
        case .endLease: return job.lease?.expiresAt
        case .promote: return job.state == .scheduled || job.state == .retrying ? job.runAt.upperBound : nil
        case .remove:
            // A job is kept for its retention, and as long as one of its keys.
            guard job.state.hasEnded, let finishedAt = job.finishedAt else { return nil }
            let expiries = keys.values.filter { $0.jobID == job.id }.compactMap(\.expiresAt)
            return ([finishedAt.adding(seconds: job.retentionSeconds)] + expiries).max()
        }
    }

    /// Follows a round of maintenance.
    ///
    /// - Parameter changes: the changes that the store published.
    mutating func maintain(limit: Int, _ round: Maintenance, _ changes: [JobChange]) {
        let before = jobs
        if !round.hasMore { for name in queues.keys { queues[name]?.isSorting = false } }
        var done: [Work: Int] = [:]
        for change in changes {
            // The model makes the changes of dependents itself.
            guard let work = work(of: change), let job = jobs[change.jobID] else { continue }
            done[work, default: 0] += 1
            let due = moment(of: work, for: job)
            expect(due.map { $0 <= now } ?? false, "maintenance did \(work) to \(job.id), which was not due")
            switch work {
            case .expire: expire(job.id)
            case .endLease: endAttempt(of: job.id, .leaseExpired)
            case .promote, .remove: move(job.id, to: .pending)
            }
        }
        for id in round.purged {
            let due = jobs[id].flatMap { moment(of: .remove, for: $0) }
            expect(due.map { $0 <= now } ?? false, "\(id) was removed before its time")
            done[.remove, default: 0] += 1
            remove(id)
        }
        let isWithinLimit = done.values.allSatisfy { $0 <= limit }
        expect(isWithinLimit, "maintenance did \(done), more than \(limit) of a kind")
        check(round, done, before)
    }

    private func work(of change: JobChange) -> Work? {
        switch (change.error?.type, change.previous) {
        case ("expired", _): .expire
        case ("lease_expired", _): .endLease
        case (nil, .scheduled), (nil, .retrying): .promote
        default: nil
        }
    }

    /// Checks that the round did all that it could, and says when the next one is needed.
    private mutating func check(
        _ round: Maintenance, _ done: [Work: Int], _ before: [JobID: ModelJob]
    ) {
        expect(round.expiredJobs == done[.expire] ?? 0, "\(round.expiredJobs) jobs were counted as expired")
        expect(round.expiredLeases == done[.endLease] ?? 0, "\(round.expiredLeases) leases were counted")
        expect(round.promoted == done[.promote] ?? 0, "\(round.promoted) jobs were counted as due")
        var next: Timestamp?
        for job in sortedJobs {
            for work in Work.allCases {
                guard let moment = moment(of: work, for: job) else { continue }
                next = min(next ?? moment, moment)
                let isNew = before[job.id]?.version != job.version
                if moment <= now, !isNew, !round.hasMore {
                    report("maintenance did not do \(work) to \(job.id)")
                }
            }
        }
        guard let next, !round.hasMore else { return }
        expect(
            round.nextAt.map { $0 <= max(next, now) } ?? false,
            "the next maintenance is at \(round.nextAt.map { "\($0)" } ?? "never"), but needed at \(next)")
    }
}
