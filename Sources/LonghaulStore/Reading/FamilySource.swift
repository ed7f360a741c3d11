package import LonghaulCore
package import LonghaulJSON

/// Reads the jobs around other jobs: children, dependencies and the steps before them.
package protocol FamilySource {
    /// Announces that these jobs will be read as steps, so that a driver can fetch them together.
    func prefetchSteps(_ ids: [JobID]) throws
    /// A job as a step; nil if it does not exist. A result longer than `maxResultBytes` is left out.
    func familyStep(_ id: JobID, maxResultBytes: Int) throws -> FamilyRule.Step?
    /// The first children of a job, at most ``RelatedJob/maxChildren``, and the number of all.
    func children(of id: JobID) throws -> (ids: [JobID], count: Int)
}

extension FamilySource {
    package func prefetchSteps(_ ids: [JobID]) throws {}

    /// Adds the jobs around a job to it.
    ///
    /// - Parameter mayHaveChildren: false if the job has never had any.
    package func addFamily(to job: inout Job, mayHaveChildren: Bool) throws {
        if mayHaveChildren { (job.children, job.childrenCount) = try children(of: job.id) }
        guard job.parentID != nil || !job.dependsOn.isEmpty else { return }
        try prefetchSteps(job.dependsOn + [job.parentID].compactMap { $0 })
        try FamilyRule.fill(&job, find: familyStep)
    }

    /// The results of the jobs that a job waited for, as one value.
    package func collected(from ids: [JobID]) throws -> JSONText {
        try prefetchSteps(ids)
        var writer = JSONWriter()
        writer.element(try FamilyRule.dependencies(ids, find: familyStep))
        return writer.text
    }

    /// The outcomes with the jobs around each job. A job that several jobs depend on is read once.
    package func families(of outcomes: [SubmitOutcome]) throws -> [SubmitOutcome] {
        let cache = StepCache(self)
        var around: Set<JobID> = []
        for outcome in outcomes {
            guard let job = outcome.job else { continue }
            around.formUnion(job.dependsOn + [job.parentID].compactMap { $0 })
        }
        try prefetchSteps(Array(around))
        return try outcomes.map { outcome in
            try outcome.mapJob { job in
                var job = job
                if outcome.mayHaveChildren { (job.children, job.childrenCount) = try children(of: job.id) }
                try FamilyRule.fill(&job, find: cache.step)
                return job
            }
        }
    }
}

/// The steps that were read.
private final class StepCache<Source: FamilySource> {
    private let source: Source
    private var steps: [JobID: FamilyRule.Step?] = [:]

    init(_ source: Source) {
        self.source = source
    }

    func step(_ id: JobID, maxResultBytes: Int) throws -> FamilyRule.Step? {
        if steps[id] == nil {
            let step = try source.familyStep(id, maxResultBytes: RelatedJob.maxResultBytes)
            steps.updateValue(step, forKey: id)
        }
        return steps[id].flatMap { $0 }.map { $0.within(maxResultBytes) }
    }
}

extension FamilyRule.Step {
    /// A job as a step.
    ///
    /// - Parameters:
    ///   - result: its result if it completed and the result is not left out.
    ///   - error: its last error, if it has one that counts.
    package init(
        _ id: JobID, kind: String, state: JobState, parentID: JobID?, dependsOn: [JobID], result: JSONText?,
        error: @autoclosure () throws -> JobError?
    ) rethrows {
        var job = RelatedJob(id: id, kind: kind, state: state)
        if state == .completed {
            job.result = result
            job.isResultOmitted = result == nil
        } else {
            job.error = try error()
            job.error?.details = nil
        }
        self.init(job: job, parentID: parentID, dependsOn: dependsOn)
    }
}

extension SubmitOutcome {
    /// The job; nil if the submission was rejected.
    fileprivate var job: Job? {
        switch self {
        case .created(let job), .existing(let job): job
        case .refused: nil
        }
    }
}
