/// How often something took how long: counts by upper bound, as Prometheus keeps them.
public struct Histogram: Sendable, Hashable {
    /// The upper bounds in seconds, rising. What lies above the last is counted as well.
    public let bounds: [Double]
    /// How many values lie in each bound and in none below; the last count is of those above every bound.
    public private(set) var counts: [Int]
    /// The sum of all values.
    public private(set) var sum = 0.0

    /// Bounds for work: from what ends at once to what takes hours.
    public static let workBounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600,
    ]
    /// Bounds for the answers of a server.
    public static let answerBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    /// A histogram without values.
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

    /// How many values there are.
    public var count: Int { counts.reduce(0, +) }
}
