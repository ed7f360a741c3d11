import LonghaulConcurrency
import LonghaulCore

extension Event<Bool> {
    /// Waits until the event happens, or until `deadline`. It cannot happen after that. Returns whether it happened.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    func wait(until deadline: Timestamp, time: any TimeSource) async throws -> Bool {
        let hasHappened = await wait(else: false) { try await time.sleep(until: deadline) }
        if !hasHappened { try Task.checkCancellation() }
        return hasHappened
    }
}
