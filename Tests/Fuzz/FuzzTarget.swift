/// A decoder under fuzzing: what it is fed, and what must hold of what it accepts.
struct FuzzTarget: Sendable {
    let name: String
    /// How often it is fed, as a share of all.
    let weight: Int
    let seeds: [[UInt8]]
    let words: [[UInt8]]
    /// Decodes; true if the input was accepted.
    ///
    /// Throws ``Broken`` if something does not hold that must.
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

    /// The input with this number, the same for the same seed.
    func input(_ number: UInt64, seed: UInt64) -> [UInt8] {
        var hash = seed &* 0x9E37_79B9_7F4A_7C15 &+ number
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var mutator = Mutator(seeds: seeds, words: words, seed: hash)
        return mutator.input()
    }
}

/// A decoder did what it must not.
struct Broken: Error, CustomStringConvertible {
    let description: String
}

/// Throws ``Broken`` unless the condition holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw Broken(description: message()) }
}
