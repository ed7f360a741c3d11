import LonghaulCore
import LonghaulJSON
import LonghaulStoreRules

/// Jobs that wait for other jobs.
extension Transaction {
    /// How a new job stands to the jobs it depends on.
    struct DependencyStanding {
        /// Those that have not ended.
        var open: Set<Int64> = []
        /// How many of them are to end as wanted.
        var needed = 0
        /// Where the job stands because of them; nil if it need not wait.
        var state: JobState?
        /// Why, if too many of them did not complete.
        var fault: JobError?
    }

    private static let markAwaited = Query("UPDATE jobs SET is_awaited = 1 WHERE seq = ?1")
    private static let insertEdge = Query("INSERT OR IGNORE INTO dependencies (on_seq, seq) VALUES (?1, ?2)")
    private static let waiting = Query("SELECT seq FROM dependencies WHERE on_seq = ?1 ORDER BY seq")
    private static let removeEdges = Query("DELETE FROM dependencies WHERE on_seq = ?1")

    func standing(of ids: [JobID], spec: JobSpec) throws -> DependencyStanding {
        var standing = DependencyStanding()
        var faults: [JSONFault] = []
        var asWanted: Set<Int64> = []
        var otherwise: Set<Int64> = []
        var firstOtherwise: JobID?
        for (index, id) in ids.enumerated() {
            guard let row = try loader.row(id) else {
                let pointer = JSONPointer.root.appending("depends_on").appending(index)
                faults.append(JSONFault(pointer: pointer, message: "there is no job \(id)"))
                continue
            }
            if !row.job.state.isFinal {
                standing.open.insert(row.seq)
            } else if spec.isWanted(row.job.state) {
                asWanted.insert(row.seq)
            } else {
                otherwise.insert(row.seq)
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

    func insertDependency(of seq: Int64, on other: Int64) throws {
        try connection.run(Self.insertEdge, .integer(other), .integer(seq))
        try connection.run(Self.markAwaited, .integer(other))
    }

    /// Deals with the jobs that waited for one that has ended, with those that waited for them, and so on.
    func settleDependents(of row: JobRow) throws {
        var ended = [row]
        while let dependency = ended.popLast() {
            guard dependency.isAwaited else { continue }
            let seqs = try connection.all(Self.waiting, .integer(dependency.seq)) { $0.int64(0) }
            try connection.run(Self.removeEdges, .integer(dependency.seq))
            for seq in seqs {
                guard var dependent = try loader.row(at: seq), dependent.job.state == .blocked,
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
            try giveUp(&row, because: dependency.id)
        } else {
            try connection.run(JobRow.update, row.changeableValues)
        }
    }

    /// Ends a blocked job that waits for what will not come.
    func giveUp(_ row: inout JobRow, because id: JobID) throws {
        let state: JobState = row.job.spec.onDependencyFailure == .fail ? .failed : .cancelled
        try move(&row, to: state, fault: .dependencyFailed(id))
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
        row.job.result = try loader.collected(from: row.job.dependsOn)
        try move(&row, to: .completed)
    }
}
