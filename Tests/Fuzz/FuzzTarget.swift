/// A fuzzed decoder: its inputs, and the properties that accepted inputs must have.
struct FuzzTarget: Sendable {
    let name: String
    /// The share of the inputs for this target.
    let weight: Int
    let seeds: [[UInt8]]
    let words: [[UInt8]]
    /// Decodes an input. Returns whether it was accepted.
    ///
    /// Throws ``Broken`` if a property does not hold.
    let decode: @Sendable ([UInt8]) throws -> Bool

    init(
        _ name: String, weight: Int = 1, seeds: [String], words: [String] = [],
        decode: @escaping @Sendable ([UInt8]) throws -> Bool
    ) {
        self.name = name
        self.weight = weight
        self.seeds = seeds.map { Array($0.utf8) }
        self.words = words.map { Array($0.utf8) }
        self.decode = decode
    }

    /// The input with this number, which depends only on the seed.
    func input(_ number: UInt64, seed: UInt64) -> [UInt8] {
        var hash = seed &* 0x9E37_79B9_7F4A_7C15 &+ number
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var mutator = Mutator(seeds: seeds, words: words, seed: hash)
        return mutator.input()
    }
}

/// A property of a decoder does not hold.
struct Broken: Error, CustomStringConvertible {
    let description: String
}

/// Throws ``Broken`` unless the condition holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw Broken(description: message()) }
}
