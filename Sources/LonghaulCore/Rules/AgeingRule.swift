/// How waiting raises a job's effective priority, so that more urgent jobs cannot starve it.
public enum AgeingRule {
    /// The priority that decides the order of pending jobs: the job's own priority, plus one for every `ageingSeconds`
    /// of waiting. A job overtakes one with a priority `n` higher after it has waited `n × ageingSeconds` longer. Jobs
    /// that come later can no longer delay it.
    ///
    /// - Parameters:
    ///   - waitedSeconds: how long the job has been due.
    ///   - ageingSeconds: the waiting time for one level; nil for no ageing.
    public static func effectivePriority(
        of priority: Int, waitedSeconds: Double, ageingSeconds: Double?
    ) -> Double {
        guard let ageingSeconds, waitedSeconds > 0 else { return Double(priority) }
        return Double(priority) + waitedSeconds / ageingSeconds
    }
}
