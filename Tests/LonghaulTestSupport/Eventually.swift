/// The reason why a test cannot continue.
public struct TestFailure: Error, CustomStringConvertible {
    /// What happened, and where.
    public let description: String

    /// A failure with this description.
    public init(_ description: String) {
        self.description = description
    }
}

/// Waits until a condition holds.
///
/// Longhaul does not promise the default deadline. It only ends a test that would wait forever, so it is far longer than
/// any pause of a busy machine.
///
/// ```swift
/// try await eventually("the job is completed") { try await store.job(id)?.state == .completed }
/// ```
///
/// - Parameters:
///   - expectation: the condition in words, for the error message.
///   - seconds: the deadline.
///   - interval: the pause between two checks; `.zero` only lets other tasks run.
/// - Throws: ``TestFailure`` after the deadline; an error of the condition at once.
public func eventually(
    _ expectation: @autoclosure () -> String, within seconds: Double = 60,
    every interval: Duration = .milliseconds(10), file: String = #fileID, line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw TestFailure("\(file):\(line): not within \(seconds) s: \(expectation())")
        }
        try await pause(interval)
    }
}

/// Calls a body until it does not throw, and returns its value.
///
/// - Throws: the body's last error after the deadline; a `CancellationError` of the task at once.
public func retrying<Value>(
    within seconds: Double = 60, every interval: Duration = .milliseconds(20),
    if isRetried: (any Error) -> Bool = { _ in true }, _ body: () async throws -> Value
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        do {
            return try await body()
        } catch  where isRetried(error) && ContinuousClock.now < deadline {
            try await pause(interval)
        }
    }
}

private func pause(_ interval: Duration) async throws {
    guard interval > .zero else {
        try Task.checkCancellation()
        return await Task.yield()
    }
    try await Task.sleep(for: interval)
}
