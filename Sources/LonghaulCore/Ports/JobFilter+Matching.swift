extension JobFilter {
    /// Whether a job satisfies the conditions, apart from those on its error.
    package func matches(_ job: Job) -> Bool {
        if !states.isEmpty, !states.contains(job.state) { return false }
        if let queue, job.spec.queue != queue { return false }
        if let kind, job.spec.kind != kind { return false }
        if let kindPrefix, !job.spec.kind.utf8.starts(with: kindPrefix.utf8) { return false }
        if let parentID, job.parentID != parentID { return false }
        if let dependencyID, !job.dependsOn.contains(dependencyID) { return false }
        if let actor, job.spec.actor != actor { return false }
        if let createdAfter, job.createdAt < createdAfter { return false }
        if let createdBefore, job.createdAt >= createdBefore { return false }
        return tags.allSatisfy { job.spec.tags[$0.key] == $0.value }
    }
}
