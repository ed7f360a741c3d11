import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Checks whether one component is ready. A component that does not answer in time is not ready.
///
/// At most one check runs at a time: callers that ask while it runs wait for the same result, so that checks do not
/// pile up on a component that hangs.
final class ReadinessProbe: Sendable {
    typealias Check = @Sendable () async throws -> Void

    /// The name of the component.
    let component: String
    private let time: any TimeSource
    private let check: Check
    private let open = Mutex<GatedTask<LonghaulError?>?>(nil)

    init(_ component: String, time: any TimeSource, _ check: @escaping Check) {
        self.component = component
        self.time = time
        self.check = check
    }

    /// Starts the check unless it runs. Returns the task that runs it; its value is nil if the component is ready.
    @discardableResult
    func start() -> GatedTask<LonghaulError?> {
        if let running = open.withLock({ $0 }) { return running }
        let candidate = GatedTask { () -> LonghaulError? in
            defer { self.open.withLock { $0 = nil } }
            do {
                try await self.check()
                return nil
            } catch {
                return LonghaulError(wrapping: error)
            }
        }
        let running = open.withLock { open in
            let running = open ?? candidate
            open = running
            return running
        }
        if running === candidate { candidate.open() } else { candidate.cancel() }
        return running
    }

    /// The reason why the component is not ready; nil if it is ready.
    func error(until deadline: Timestamp) async -> LonghaulError? {
        let running = start()
        let answered = Event<Bool>()
        Task {
            _ = await running.value
            answered.fire(true)
        }
        guard (try? await answered.wait(until: deadline, time: time)) == true else {
            return LonghaulError(.unavailable, "it does not answer", retryAfterSeconds: 1)
        }
        return await running.value ?? nil
    }
}
