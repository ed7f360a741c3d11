import LonghaulConcurrency
import LonghaulCore

/// The connection that publishes IDs and queries the broker.
///
/// Its thread keeps it alive until ``stop()``.
final class BrokerPublisher<Transport: BrokerTransport>: Sendable {
    private struct Call {
        let run: @Sendable (Transport) throws -> Void
        let fail: @Sendable (LonghaulError) -> Void
    }

    private let calls = Inbox<Call>()
    private let hasEnded = Event<Void>()

    init(connect: @escaping @Sendable () throws -> Transport) {
        if !BlockingThread.start("lh-publish", { self.run(Reconnection(connect)) }) {
            calls.close()
            hasEnded.fire()
        }
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
            if !calls.put(call) { call.fail(Self.closed) }
        }
    }

    /// Ends the thread, and fails the calls that wait for it.
    func stop() {
        for call in calls.closeAndRemoveAll() { call.fail(Self.closed) }
    }

    func ended() async { await hasEnded.wait() }

    private static var closed: LonghaulError { LonghaulError(.unavailable, "the queue is closed") }

    private func run(_ connection: Reconnection<Transport>) {
        while let call = calls.take() {
            do {
                // Publishing twice is harmless.
                try connection.useAgain(call.run, unless: { calls.isClosed })
            } catch {
                call.fail(error)
            }
        }
        connection.close()
        hasEnded.fire()
    }
}
