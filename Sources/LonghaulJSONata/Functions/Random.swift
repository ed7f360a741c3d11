/// Random numbers.
enum Random {
    /// A number from 0 up to, but not including, 1.
    static func unit() -> Double { Double.random(in: 0..<1) }

    /// The number from 0 up to 1 that belongs to a seed (SplitMix64): the same for the same seed.
    static func unit(seed: Double) -> Double {
        var mixed = seed.bitPattern &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double(mixed >> 11) / 9_007_199_254_740_992
    }
}
