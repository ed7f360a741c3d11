import LonghaulCore

/// The flaws that look first and write later, in a transaction of its own, believing what they saw.
extension MemoryStore {
    /// How long such a store takes between looking and writing, in seconds.
    private static let lag = 0.05

    private func lag() async throws {
        try await database.time.sleep(until: database.time.now().adding(seconds: Self.lag))
    }

    func submitUnseen(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome] {
        let seen = database.begin(on: try read(), limits: limits)
            .submit(submissions, allOrNothing: allOrNothing)
        var waved: Set<JobID> = []
        for (submission, outcome) in zip(submissions, seen) {
            switch outcome {
            case .created: waved.insert(submission.id)
            case .existing: break
            case .refused: return seen
            }
        }
        try await lag()
        return try write { [waved] transaction in
            transaction.waved = waved
            return transaction.submit(submissions, allOrNothing: allOrNothing)
        }
    }

    func claimUnseen(_ request: LeaseRequest) async throws -> [Lease] {
        let seen = database.begin(on: try read(), limits: limits)
            .claim(request)
        guard !seen.isEmpty else { return [] }
        try await lag()
        return try write { transaction in
            seen.compactMap { lease in
                transaction.row(lease.token.jobID).flatMap { transaction.lease($0, for: request) }
            }
        }
    }

    func maintainUnseen(limit: Int) async throws -> Upkeep {
        let now = database.time.now()
        let seen = try read().rows { $0.leaseExpiresAt.map { $0 <= now } ?? false }
        if !seen.isEmpty { try await lag() }
        return try write { transaction in
            for lost in seen {
                if var row = transaction.row(lost.job.id) { transaction.fail(&row, .leaseExpired) }
            }
            return transaction.maintain(limit: limit)
        }
    }
}
