import LonghaulCore
import LonghaulJSON

/// Jobs that wait for other jobs.
extension Transaction {
    /// How a new job stands to the jobs it depends on.
    struct DependencyStanding {
        /// Those that have not ended.
        var open: Set<Int64> = []
        /// Where the job stands because of them; nil if it need not wait.
        var state: JobState?
        /// Why, if one of them failed.
        var fault: JobError?
    }

    private static let insertEdge = Query("INSERT INTO dependencies (on_seq, seq) VALUES (?1, ?2)")
    private static let waiting = Query("SELECT seq FROM dependencies WHERE on_seq = ?1 ORDER BY seq")
    private static let removeEdges = Query("DELETE FROM dependencies WHERE on_seq = ?1")

    func standing(of ids: [JobID], policy: JobSpec.DependencyPolicy) throws -> DependencyStanding {
        var standing = DependencyStanding()
        var faults: [JSONFault] = []
        for (index, id) in ids.enumerated() {
            guard let row = try loader.row(id) else {
                let pointer = JSONPointer.root.appending("depends_on").appending(index)
                faults.append(JSONFault(pointer: pointer, message: "there is no job \(id)"))
                continue
            }
            if !row.job.state.isFinal {
                standing.open.insert(row.seq)
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

    func insertDependency(of seq: Int64, on other: Int64) throws {
        try connection.run(Self.insertEdge, .integer(other), .integer(seq))
    }

    /// Deals with the jobs that waited for one that has ended, with those that waited for them, and so on.
    func settleDependents(of row: JobRow) throws {
        var ended = [row]
        while let dependency = ended.popLast() {
            let seqs = try connection.all(Self.waiting, .integer(dependency.seq)) { $0.int64(0) }
            guard !seqs.isEmpty else { continue }
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
        let policy = row.job.spec.onDependencyFailure
        if dependency.state == .completed || policy == .run {
            row.waitingOn -= 1
            guard row.waitingOn == 0 else { return try connection.run(JobRow.update, row.changeableValues) }
            let isDue = row.job.runAt <= now
            // Due from now on: before, it waited for others and not for a worker.
            row.job.runAt = max(row.job.runAt, now)
            try move(&row, to: isDue ? .pending : .scheduled)
        } else {
            try move(
                &row, to: policy == .fail ? .failed : .cancelled, fault: .dependencyFailed(dependency.id))
        }
    }
}
