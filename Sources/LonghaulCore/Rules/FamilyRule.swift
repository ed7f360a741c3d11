import LonghaulJSON

/// Finds the dependencies and ancestors that a job receives. All stores share the search, so their results are equal.
public enum FamilyRule {
    /// A job that the search has found.
    public struct Step {
        /// Its state and result.
        public var job: RelatedJob
        /// Its parent.
        public var parentID: JobID?
        /// Its dependencies.
        public var dependsOn: [JobID]

        /// A step.
        public init(job: RelatedJob, parentID: JobID?, dependsOn: [JobID]) {
            self.job = job
            self.parentID = parentID
            self.dependsOn = dependsOn
        }

        /// The step, without its result if the result has more than `bytes` bytes.
        public func within(_ bytes: Int) -> Step {
            guard let result = job.result, result.bytes.count > bytes else { return self }
            var step = self
            step.job.result = nil
            step.job.isResultOmitted = true
            return step
        }
    }

    /// Finds a job, without a result longer than this number of bytes; nil if the job was removed.
    public typealias Finder = (JobID, _ maxResultBytes: Int) throws -> Step?

    /// Sets a job's dependencies and ancestors.
    public static func fill(_ job: inout Job, find: Finder) rethrows {
        guard job.parentID != nil || !job.dependsOn.isEmpty else { return }
        var budget = RelatedJob.maxResultBytes
        let dependencies = try steps(job.dependsOn, &budget, find)
        job.dependencies = dependencies.map(\.job)
        job.ancestors = try ancestors(of: job, beyond: dependencies, &budget, find)
    }

    /// The results of a job's dependencies, in their order, without removed jobs.
    public static func dependencies(_ ids: [JobID], find: Finder) rethrows -> [RelatedJob] {
        var budget = RelatedJob.maxResultBytes
        return try steps(ids, &budget, find).map(\.job)
    }

    private static func steps(_ ids: [JobID], _ budget: inout Int, _ find: Finder) rethrows -> [Step] {
        var seen: Set<JobID> = []
        var steps: [Step] = []
        for id in ids where seen.insert(id).inserted {
            guard let step = try find(id, budget) else { continue }
            budget -= step.job.result?.bytes.count ?? 0
            steps.append(step)
        }
        return steps
    }

    /// The steps before a job and its dependencies, the nearest first.
    ///
    /// The dependencies of a parent come before its children, unless the child is one of them. In this case the parent
    /// waits for its children, and its other children are not steps before this one.
    private static func ancestors(
        of job: Job, beyond dependencies: [Step], _ budget: inout Int, _ find: Finder
    ) rethrows -> [RelatedJob] {
        var seen = Set(job.dependsOn).union([job.id])
        var ahead: [(id: JobID, child: JobID?)] = []
        func look(from step: Step) {
            if let parent = step.parentID { ahead.append((parent, step.job.id)) }
            ahead += step.dependsOn.map { ($0, nil) }
        }
        if let parent = job.parentID { ahead.append((parent, job.id)) }
        for dependency in dependencies { look(from: dependency) }
        var ancestors: [RelatedJob] = []
        var next = 0
        while next < ahead.count, ancestors.count < RelatedJob.maxAncestors {
            let (id, child) = ahead[next]
            next += 1
            guard seen.insert(id).inserted, var step = try find(id, budget) else { continue }
            budget -= step.job.result?.bytes.count ?? 0
            ancestors.append(step.job)
            if let child, step.dependsOn.contains(child) { step.dependsOn = [] }
            look(from: step)
        }
        return ancestors
    }
}

extension JobSpec {
    /// Whether a dependency that ended in this state satisfies the job.
    public func isWanted(_ end: JobState) -> Bool {
        end == .completed || onDependencyFailure == .run
    }

    /// The number of dependencies that must still satisfy the job.
    ///
    /// - Parameters:
    ///   - count: the number of dependencies.
    ///   - wanted: the number of dependencies that satisfy the job already.
    public func dependenciesNeeded(of count: Int, wanted: Int) -> Int {
        max(0, min(join.waitFor ?? count, count) - wanted)
    }
}
