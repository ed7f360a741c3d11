/// Bounds on one evaluation. Reaching one ends the evaluation with error `U1001`.
public struct JSONataLimits: Sendable, Hashable {
    /// The longest that an evaluation may take, in milliseconds of wall-clock time.
    public var maxMilliseconds: Int
    /// How deep evaluations may nest. A call of a function takes about three levels.
    public var maxDepth: Int
    /// How many bytes strings, arrays and objects may take that an evaluation makes. Memory that was freed
    /// counts too, so that the same expression always reaches the limit at the same place.
    public var maxAllocatedBytes: Int

    /// Limits; by default a second, 1,000 levels and 512 MiB.
    public init(maxMilliseconds: Int = 1000, maxDepth: Int = 1000, maxAllocatedBytes: Int = 512 << 20) {
        self.maxMilliseconds = maxMilliseconds
        self.maxDepth = maxDepth
        self.maxAllocatedBytes = maxAllocatedBytes
    }

    /// The most UTF-16 code units that an expression may have.
    public static let maxExpressionLength = 1 << 20

    /// How deep the parts of an expression may nest.
    public static let maxExpressionDepth = 500
}
