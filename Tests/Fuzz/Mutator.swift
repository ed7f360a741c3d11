/// Mutates valid inputs deterministically by the seed.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64
    private let seeds: [[UInt8]]
    private let words: [[UInt8]]

    /// Bytes that are special for one of the decoders.
    private static let letters = Array(#"{}[]:,"\/0123456789-+.eEtfnTZ%&=?#~*@ _;<>'u"#.utf8)

    /// Creates a mutator of these seed inputs.
    ///
    /// - Parameter words: texts to insert unchanged.
    init(seeds: [[UInt8]], words: [[UInt8]], seed: UInt64) {
        self.seeds = seeds
        self.words = words
        state = seed
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A seed input with a few changes, because most errors are behind a valid beginning.
    mutating func input() -> [UInt8] {
        var bytes = seeds[place(in: seeds)]
        repeat { change(&bytes) } while Int.random(in: 0..<5, using: &self) < 2
        return bytes
    }

    /// A random index; 0 if there are no elements.
    private mutating func place<Element>(in elements: [Element]) -> Int {
        elements.isEmpty ? 0 : Int.random(in: elements.indices, using: &self)
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let at = place(in: bytes)
        switch Int.random(in: 0..<13, using: &self) {
        case 0: if !bytes.isEmpty { bytes.remove(at: at) }
        case 1: bytes.insert(Self.letters[place(in: Self.letters)], at: at)
        case 2: if !bytes.isEmpty { bytes[at] = Self.letters[place(in: Self.letters)] }
        case 3: if !bytes.isEmpty { bytes[at] = UInt8.random(in: 0...255, using: &self) }
        case 4: if !bytes.isEmpty { bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &self) }
        case 5: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...16, using: &self)))
        case 6, 7: if !words.isEmpty { bytes.insert(contentsOf: words[place(in: words)], at: at) }
        case 8:
            let piece = bytes[at..<min(bytes.count, at + Int.random(in: 1...64, using: &self))]
            bytes.insert(contentsOf: piece, at: place(in: bytes))
        case 9, 10, 11: replaceValue(in: &bytes)
        default:
            let other = seeds[place(in: seeds)]
            bytes.replaceSubrange(at..., with: other[place(in: other)...])
        }
    }
    /// Replaces a JSON value, or the text between a colon and the next comma or brace, by a word.
    private mutating func replaceValue(in bytes: inout [UInt8]) {
        let colons = bytes.indices.filter { bytes[$0] == UInt8(ascii: ":") }
        guard !colons.isEmpty, !words.isEmpty else { return }
        let start = colons[place(in: colons)] + 1
        let ends = [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")]
        let end = bytes[start...].firstIndex { ends.contains($0) } ?? bytes.endIndex
        bytes.replaceSubrange(start..<end, with: words[place(in: words)])
    }
}
