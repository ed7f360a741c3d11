/// How long ended jobs are kept that did not say so themselves, in seconds.
public struct Retention: Sendable, Hashable {
    /// A week.
    public static let usualSeconds = 604_800.0

    /// After they were completed.
    public var completedSeconds: Double
    /// After they failed for good.
    public var failedSeconds: Double
    /// After they were cancelled.
    public var cancelledSeconds: Double

    /// Retention by state; the defaults are a week for each.
    public init(
        completedSeconds: Double = usualSeconds, failedSeconds: Double = usualSeconds,
        cancelledSeconds: Double = usualSeconds
    ) {
        self.completedSeconds = completedSeconds
        self.failedSeconds = failedSeconds
        self.cancelledSeconds = cancelledSeconds
    }

    /// How long a job is kept that ends in this state.
    ///
    /// - Parameter wish: the job's own `retention_seconds`.
    public func seconds(after state: JobState, wish: Double?) -> Double {
        if let wish { return wish }
        return switch state {
        case .failed: failedSeconds
        case .cancelled: cancelledSeconds
        case .scheduled, .blocked, .pending, .processing, .retrying, .completed: completedSeconds
        }
    }
}
