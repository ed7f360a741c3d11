/// A histogram of durations.
public struct Histogram: Sendable, Hashable {
    /// The upper bounds of the buckets in ascending order, in seconds. A last bucket has no upper bound.
    public let bounds: [Double]
    /// The number of values in each bucket. Unlike those of Prometheus, the counts are not cumulative.
    public private(set) var counts: [Int]
    /// The sum of all values, in seconds.
    public private(set) var sum = 0.0

    /// Bounds for the durations of jobs, from milliseconds to an hour.
    public static let workBounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600,
    ]
    /// Bounds for the durations of HTTP requests.
    public static let answerBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Bounds for the durations of executions of state machines, from milliseconds to a week.
    public static let executionBounds: [Double] = [
        0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400, 604_800,
    ]

    /// Creates a histogram without values.
    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    /// Adds a value, in seconds.
    public mutating func add(_ seconds: Double) {
        var index = 0
        while index < bounds.count, seconds > bounds[index] { index += 1 }
        counts[index] += 1
        sum += seconds
    }

    /// The number of values.
    public var count: Int { counts.reduce(0, +) }
}
