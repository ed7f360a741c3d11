/// How long ended jobs without their own retention are kept, in seconds.
public struct Retention: Sendable, Hashable {
    /// The default: a week.
    public static let defaultSeconds = 604_800.0

    /// For completed jobs.
    public var completedSeconds: Double
    /// For failed jobs.
    public var failedSeconds: Double
    /// For cancelled jobs.
    public var cancelledSeconds: Double

    /// Retention by state; a week by default.
    public init(
        completedSeconds: Double = defaultSeconds, failedSeconds: Double = defaultSeconds,
        cancelledSeconds: Double = defaultSeconds
    ) {
        self.completedSeconds = completedSeconds
        self.failedSeconds = failedSeconds
        self.cancelledSeconds = cancelledSeconds
    }

    /// How long a job that ends in this state is kept.
    ///
    /// - Parameter wish: the job's own `retention_seconds`.
    public func seconds(after state: JobState, wish: Double?) -> Double {
        if let wish { return wish }
        return switch state {
        case .failed: failedSeconds
        case .cancelled: cancelledSeconds
        case .scheduled, .blocked, .pending, .processing, .retrying, .suspended, .completed: completedSeconds
        }
    }
}
