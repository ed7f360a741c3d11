import LonghaulCore
import Synchronization

/// The connection that publishes IDs and queries the broker.
///
/// Its thread keeps it alive until ``stop()``.
final class BrokerPublisher<Transport: BrokerTransport>: Sendable {
    private struct Call {
        let run: @Sendable (Transport) throws -> Void
        let fail: @Sendable (LonghaulError) -> Void
    }

    private let calls = Mutex<[Call]>([])
    private let thread = BrokerThread()

    init(connect: @escaping @Sendable () throws -> Transport) {
        thread.start("longhaul-publish") { self.run(Reconnection(connect)) }
    }

    /// Runs a body with the connection, on its thread.
    ///
    /// - Throws: ``LonghaulError`` `unavailable`; at once while the broker does not answer.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Transport) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let call = Call(
                run: { continuation.resume(returning: try body($0)) },
                fail: { continuation.resume(throwing: $0) })
            calls.withLock { $0.append(call) }
            thread.wake()
            // If the thread stopped before it saw the call, no other code answers the call.
            if thread.isStopped { refuseAll() }
        }
    }

    func stop() { thread.stop() }

    func ended() async { await thread.ended() }

    private func take() -> [Call] {
        calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
    }

    private func refuseAll() {
        for call in take() { call.fail(LonghaulError(.unavailable, "the queue is closed")) }
    }

    private func run(_ connection: Reconnection<Transport>) {
        while !thread.isStopped {
            for call in take() {
                do {
                    // Publishing twice is harmless.
                    try connection.useAgain(call.run)
                } catch {
                    call.fail(error)
                }
            }
            thread.sleep(3600)
        }
        connection.close()
        refuseAll()
    }
}
