/// Bounds on one evaluation, and on the compilation of one expression. Reaching one ends it with error `U1001`.
public struct JSONataLimits: Sendable, Hashable {
    /// Maximum wall-clock time, in milliseconds.
    public var maxMilliseconds: Int
    /// Maximum nesting of evaluations. A call of a function takes about three levels.
    public var maxDepth: Int
    /// Maximum size of the strings, arrays and objects that an evaluation makes, in bytes. Memory that was freed
    /// counts too, so that the same expression always reaches the limit at the same place.
    public var maxAllocatedBytes: Int

    /// Limits; by default a second, 1,000 levels and 512 MiB.
    public init(maxMilliseconds: Int = 1000, maxDepth: Int = 1000, maxAllocatedBytes: Int = 512 << 20) {
        self.maxMilliseconds = maxMilliseconds
        self.maxDepth = maxDepth
        self.maxAllocatedBytes = maxAllocatedBytes
    }

    /// Maximum length of an expression, in UTF-16 code units.
    public static let maxExpressionLength = 1 << 20

    /// Maximum nesting of the parts of an expression.
    public static let maxExpressionDepth = 500
}
