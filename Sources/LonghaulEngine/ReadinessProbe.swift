import LonghaulCore
import Synchronization

/// Asks one part whether it is ready. One that says nothing in time is not.
///
/// While a question is open no other is put: whoever asks meanwhile waits for the same answer, so that a part which
/// stands still is not buried in questions.
final class ReadinessProbe: Sendable {
    typealias Check = @Sendable () async throws -> Void

    /// What the part is called.
    let part: String
    private let time: any TimeSource
    private let check: Check
    private let open = Mutex<Task<LonghaulError?, Never>?>(nil)

    init(_ part: String, time: any TimeSource, _ check: @escaping Check) {
        self.part = part
        self.time = time
        self.check = check
    }

    /// Puts the question unless it is open. Answers what will be said: nil if all is well.
    @discardableResult
    func ask() -> Task<LonghaulError?, Never> {
        open.withLock { open in
            if let open { return open }
            let task = Task { () -> LonghaulError? in
                defer { self.open.withLock { $0 = nil } }
                do {
                    try await check()
                    return nil
                } catch {
                    return LonghaulError(wrapping: error)
                }
            }
            open = task
            return task
        }
    }

    /// Why the part is not ready; nil if it is.
    func fault(until deadline: Timestamp) async -> LonghaulError? {
        let question = ask()
        let answered = Signal()
        Task {
            _ = await question.value
            answered.fire()
        }
        guard (try? await answered.wait(until: deadline, time: time)) == true else {
            return LonghaulError(.unavailable, "it does not answer", retryAfterSeconds: 1)
        }
        return await question.value
    }
}
