import LonghaulJSON

/// Parses a text.
func parse(_ text: String, maxDepth: Int = 64) throws(JSONError) -> JSONDocument {
    try JSONDocument(parsing: Array(text.utf8), maxDepth: maxDepth)
}

/// The error of parsing a text; nil if it is valid.
func parseError(_ bytes: [UInt8]) -> JSONError? {
    do {
        _ = try JSONDocument(parsing: bytes)
        return nil
    } catch {
        return error
    }
}

/// The error of parsing a text; nil if it is valid.
func parseError(_ text: String) -> JSONError? {
    parseError(Array(text.utf8))
}

/// A random generator with a fixed seed (SplitMix64), so that every run uses the same texts.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
