import CBacktrace
import LonghaulPlatform

/// A dedicated thread for code that blocks. It ends when its body returns.
package enum BlockingThread {
    /// Starts a thread that runs `body`. Returns false if the system has no thread left.
    ///
    /// - Parameters:
    ///   - name: the name in tools and in stacks, of which 15 bytes are shown.
    ///   - meter: the meter of the component that the thread works for.
    package static func start(
        _ name: String, meter: WorkMeter? = nil, _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Start(name: name, meter: meter, body: body))
        let code = pthread_create(&thread, nil, enter, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Runs `body` on a thread of its own, and returns its result. For calls that may take long: ``BlockingPool`` runs
    /// short ones.
    ///
    /// - Throws: the error of `body`, or ``NoThread``.
    package static func run<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isStarted = start(name) { continuation.resume(with: Result { try body() }) }
            if !isStarted { continuation.resume(throwing: NoThread()) }
        }
    }

    private final class Start {
        let name: String
        let meter: WorkMeter?
        let body: @Sendable () -> Void

        init(name: String, meter: WorkMeter?, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.meter = meter
            self.body = body
        }
    }

    private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        longhaul_name_thread(start.name)
        start.meter?.adoptThread()
        withExtendedLifetime(start.meter) { start.body() }
        return nil
    }
}

/// The system has no thread left.
package struct NoThread: Error, CustomStringConvertible {
    /// An error.
    package init() {}

    package var description: String { "the system has no thread left" }
}
