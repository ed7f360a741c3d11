import LonghaulConcurrency

/// Runs blocking code on a new thread: tasks need the few threads that Swift has for them.
public func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await BlockingThread.run("test", body)
}
