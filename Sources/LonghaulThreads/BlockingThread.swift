import LonghaulCore
package import LonghaulWatch

/// A dedicated thread for blocking calls. It ends when its body returns.
package enum BlockingThread {
    /// Starts a thread that runs `body`; false if the system has none left.
    ///
    /// - Parameters:
    ///   - name: what tools and stacks show, at most 15 bytes.
    ///   - meter: the meter of the component that the thread works for.
    package static func start(
        _ name: String, meter: WorkMeter? = nil, _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        NamedThread.start(name) {
            meter?.adoptThread()
            withExtendedLifetime(meter) { body() }
        }
    }

    /// Runs `body` on a thread of its own, and returns its result.
    package static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws
        -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            let started = start("lh-store-task") {
                continuation.resume(with: Result { try body() })
            }
            if !started {
                continuation.resume(
                    throwing: LonghaulError(.unavailable, "the system has no thread for the store"))
            }
        }
    }
}
