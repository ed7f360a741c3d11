import Foundation
import LonghaulConcurrency
import LonghaulCore

/// A connection that opens when it is needed, and reconnects with back-off. Belongs to one thread.
final class Reconnection<Transport: BrokerTransport> {
    private let connect: @Sendable () throws -> Transport
    private var transport: Transport?
    private var backoff = ExponentialBackoff(initialSeconds: 0.1, maxSeconds: 5)
    private var notBefore = Date.distantPast
    private var latest = LonghaulError(.unavailable, "the queue is not connected yet")

    init(_ connect: @escaping @Sendable () throws -> Transport) {
        self.connect = connect
    }

    /// Whether there is a connection now.
    var isOpen: Bool { transport != nil }

    /// The time until the next attempt to connect, in seconds.
    var pause: Double { transport == nil ? max(0, notBefore.timeIntervalSinceNow) : 0 }

    /// Runs a body with the connection. If an existing connection fails, runs the body again with a new one, because a
    /// broker closes idle connections.
    ///
    /// - Parameter isStopped: whether the thread must end, so that a second attempt would only delay it.
    /// - Throws: the error of ``use(_:)``.
    func useAgain<Value>(
        _ body: (Transport) throws -> Value, unless isStopped: () -> Bool
    ) throws(LonghaulError) -> Value {
        if let transport {
            do {
                return try body(transport)
            } catch {
                close()
                if isStopped() { throw Self.error(error) }
            }
        }
        return try use(body)
    }

    /// Runs a body with the connection.
    ///
    /// - Throws: `unavailable` without a connection, or the error of the body. The connection is then closed.
    func use<Value>(_ body: (Transport) throws -> Value) throws(LonghaulError) -> Value {
        guard pause == 0 else { throw latest }
        do {
            let transport = try self.transport ?? connect()
            self.transport = transport
            let value = try body(transport)
            backoff.reset()
            return value
        } catch {
            close()
            notBefore = Date(timeIntervalSinceNow: backoff.next(random: SystemRandom().fraction()))
            latest = Self.error(error)
            throw latest
        }
    }

    private static func error(_ error: any Error) -> LonghaulError {
        (error as? LonghaulError)
            ?? LonghaulError(.unavailable, "the queue failed: \(error)", retryAfterSeconds: 1)
    }

    func close() {
        transport?.close()
        transport = nil
    }
}
