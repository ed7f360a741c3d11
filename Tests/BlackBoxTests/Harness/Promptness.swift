import Testing

/// Checks that Longhaul reacts within two seconds, which is less than the interval of its slowest polls.
///
/// A busy machine may delay a reaction, so the situation may be repeated twice. Each situation must begin in such a way
/// that no poll falls into its first seconds: then no repetition is fast by chance.
///
/// - Parameter situation: creates the situation with this number, and returns the duration of the reaction.
func promptly(_ expectation: Comment, _ situation: (Int) async throws -> Duration) async throws {
    var took: [Duration] = []
    for number in 0..<3 {
        took.append(try await situation(number))
        if took[number] < .seconds(2) { return }
    }
    Issue.record("\(expectation), within two seconds: \(took)")
}
