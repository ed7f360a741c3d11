import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// The end of the code, and its compensations.
extension FlowRun {
    /// Runs the code of the job, and then its compensations if it must be undone.
    func perform<Process: DurableJob>(_ process: Process) async {
        let result: Result<JSONText, any Error>
        do {
            let payload = try Handler.decode(Process.Payload.self, of: job)
            let output = try await process.run(payload, in: Flow(self))
            result = .success(try JSONText(encoding: output))
        } catch {
            result = .failure(error)
        }
        do {
            end(try await ending(of: result))
        } catch {
            // The attempt is over, or the code differs from the journal: the runner knows.
        }
    }

    /// Ends a job whose last updates the server has refused after the end of its code.
    func endAfterRejection() async {
        guard let rejection, let ending = try? await fail(rejection.reportable) else { return }
        end(ending)
    }

    private func ending(of result: Result<JSONText, any Error>) async throws -> End {
        guard !hasEnded else { throw Unwinding() }
        let recorded = try withReplay { $0.operations[OperationID.failure]?.output }
        if let recorded { return try await undo(after: try JobError.decode(answer: recorded.bytes)) }
        if job.isCancelling { return try await undo(after: nil) }
        if let rejection { return try await fail(rejection.reportable) }
        switch result {
        case .success(let output):
            try withReplay { try $0.end() }
            return .completed(output)
        case .failure(let error):
            let failure = JobFailure(thrown: error).reportable
            if failure.error.retryable, job.attempt < job.spec.maxAttempts { return .failed(failure) }
            try withReplay { try $0.end() }
            return try await fail(failure)
        }
    }

    /// Records the failure, and runs the compensations.
    private func fail(_ failure: JobFailure) async throws -> End {
        guard !compensations.isEmpty else { return .failed(failure) }
        let request = OperationUpdate(.start, .marker, id: OperationID.failure, name: "failure")
        var writer = JSONWriter()
        failure.error.write(to: &writer)
        _ = try withReplay { [text = writer.text] in try $0.mark(request, output: text) }
        return try await undo(after: failure.error)
    }

    /// Runs the compensations, the last one first.
    ///
    /// - Parameter error: the error of the job; nil if it is cancelled.
    private func undo(after error: JobError?) async throws -> End {
        var problems: [String] = []
        for compensation in compensations.reversed() {
            let request = OperationUpdate(
                .start, .step, id: "\(OperationID.compensate)\(compensation.number)", name: compensation.name)
            do {
                _ = try await perform(request, work: compensation.work, isForced: true)
            } catch let failure as OperationFailure {
                problems.append("\(compensation.name): \(failure.error.message)")
            }
        }
        if problems.isEmpty, error == nil { return .cancelled }
        var end = error ?? .cancelled
        end.retryable = false
        if !problems.isEmpty {
            end.message = "\(end.message); compensations failed: \(problems.joined(separator: "; "))"
            end.type = "compensation_failed"
        }
        return .failed(JobFailure(end).reportable)
    }
}
