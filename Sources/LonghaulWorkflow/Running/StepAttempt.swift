import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// Runs one attempt of a step.
struct StepAttempt {
    let context: StepContext
    let work: FlowRun.Work
    let time: any TimeSource

    /// Returns the outcome of the attempt, and the delay before the next attempt if it failed and may be repeated.
    func run() async -> (Outcome, retryInSeconds: Double?) {
        switch await result() {
        case .success(let output):
            let maximum = JournalLimits().outputBytes
            guard output.bytes.count > maximum else { return (.success(output), nil) }
            let message =
                "the output of the step has \(output.bytes.count) bytes; the maximum is \(maximum). Store larger data as an artifact."
            return (.failure(JobError(type: "output_too_large", message: message, retryable: false)), nil)
        case .failure(let error):
            let failure = JobFailure(wrapping: error).reportable
            guard failure.error.retryable, context.attempt < work.retry.maxAttempts else {
                return (.failure(failure.error), nil)
            }
            return (
                .failure(failure.error),
                failure.retryInSeconds ?? work.retry.seconds(afterAttempts: context.attempt)
            )
        }
    }

    private func result() async -> Result<JSONText, any Error> {
        guard let timeout = work.timeout else { return await attempt() }
        let ended = Event<Result<JSONText, any Error>>()
        let task = Task { ended.fire(await attempt()) }
        let error = JobFailure(type: "timeout", message: "the step took longer than \(timeout.inSeconds) s")
        return await withTaskCancellationHandler {
            defer { task.cancel() }
            return await ended.wait(else: .failure(error)) {
                try await time.sleep(seconds: timeout.inSeconds)
            }
        } onCancel: {
            task.cancel()
        }
    }

    private func attempt() async -> Result<JSONText, any Error> {
        do {
            return .success(try await work.body(context))
        } catch {
            return .failure(error)
        }
    }
}
