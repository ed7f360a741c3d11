extension IntrinsicArguments {
    /// The sum of both numbers, each rounded first.
    func mathAdd() throws(StateFailure) -> StateValue {
        let (sum, overflow) = try integer(0).addingReportingOverflow(try integer(1))
        guard !overflow else { throw failure("The sum is out of range") }
        return .number(.integer(sum))
    }

    /// A random number from the first up to the second, without the second. A seed makes it the same each time.
    func mathRandom() throws(StateFailure) -> StateValue {
        let start = try integer(0)
        let end = try integer(1)
        guard start < end else { throw failure("The end must be greater than the start") }
        guard values.count > 2 else { return .number(.integer(Int64.random(in: start..<end))) }
        let (width, overflow) = end.subtractingReportingOverflow(start)
        guard !overflow, let bound = Int32(exactly: width) else { throw failure("The range is too large") }
        var generator = JavaRandom(seed: try integer(2))
        return .number(.integer(start + Int64(generator.next(below: bound))))
    }
}

/// The generator of `java.util.Random`, so that a seed gives the numbers that it gives in Java.
struct JavaRandom {
    private var state: UInt64

    private static let multiplier: UInt64 = 0x5_DEEC_E66D
    private static let mask: UInt64 = (1 << 48) - 1

    init(seed: Int64) {
        state = (UInt64(bitPattern: seed) ^ JavaRandom.multiplier) & JavaRandom.mask
    }

    private mutating func next(bits: UInt64) -> Int32 {
        state = (state &* JavaRandom.multiplier &+ 0xB) & JavaRandom.mask
        return Int32(truncatingIfNeeded: Int64(state >> (48 - bits)))
    }

    /// A number from 0 up to a positive bound, without the bound.
    mutating func next(below bound: Int32) -> Int32 {
        if bound & (bound - 1) == 0 {
            return Int32(truncatingIfNeeded: (Int64(bound) &* Int64(next(bits: 31))) >> 31)
        }
        while true {
            let bits = next(bits: 31)
            let value = bits % bound
            if bits &- value &+ (bound - 1) >= 0 { return value }
        }
    }
}
