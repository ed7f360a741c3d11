import LonghaulConcurrency

/// Runs blocking code on a new thread, because the few threads of Swift's cooperative pool must not block.
public func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await BlockingThread.run("test", body)
}
