import Foundation

/// A test waited in vain for a condition.
struct DeadlinePassed: Error, CustomStringConvertible {
    let description: String
}

/// Waits until a condition holds, looking again every few milliseconds. The usual deadline is no promise of
/// Longhaul's: it only ends a test that waits in vain, so it is far beyond any stall of the machine.
///
/// - Throws: ``DeadlinePassed`` when it does not hold in time; what the condition throws.
func eventually(
    _ what: String, within seconds: Double = 60, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw DeadlinePassed(description: "not within \(seconds) s: \(what)")
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}
