/// How waiting raises a job's priority, so that none starves behind a flood of more urgent ones.
public enum AgeingRule {
    /// The priority by which a pending job is given out: its own, and one more for every `ageingSeconds` that
    /// it has waited. So it goes before a job of a priority `n` higher once it has waited `n × ageingSeconds`
    /// longer than that one, and whatever comes later than that can no longer hold it up.
    ///
    /// - Parameters:
    ///   - waitedSeconds: for how long it has been due.
    ///   - ageingSeconds: how long a job waits for one level; nil if waiting raises nothing.
    public static func effectivePriority(
        of priority: Int, waitedSeconds: Double, ageingSeconds: Double?
    ) -> Double {
        guard let ageingSeconds, waitedSeconds > 0 else { return Double(priority) }
        return Double(priority) + waitedSeconds / ageingSeconds
    }
}
