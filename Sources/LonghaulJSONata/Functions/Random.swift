/// Random numbers.
enum Random {
    /// A number from 0 up to, but not including, 1.
    static func unit() -> Double { Double.random(in: 0..<1) }

    /// The number from 0 up to, but not including, 1 that belongs to a seed: the same for the same seed.
    static func unit(seed: Double) -> Double {
        var random = SeededRandom(seed: seed.bitPattern)
        return Double(random.next() >> 11) / 9_007_199_254_740_992
    }
}
