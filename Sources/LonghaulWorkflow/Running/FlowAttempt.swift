import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// An attempt of a durable job, from its lease to its outcome.
struct FlowAttempt {
    let run: FlowRun
    let token: LeaseToken
    let gateway: RepeatingGateway
    private var steps: [String: Task<Void, Never>] = [:]
    private var poll = Poll()

    init(run: FlowRun, token: LeaseToken, gateway: RepeatingGateway) {
        self.run = run
        self.token = token
        self.gateway = gateway
    }

    /// Runs the code until it ends or the job is suspended.
    mutating func outcome(of code: Task<Void, Never>) async throws -> FlowOutcome {
        while true {
            try Task.checkCancellation()
            let action = run.advance()
            for id in run.takeCancelledSteps() { steps[id]?.cancel() }
            switch action {
            case .finish(let end): return try await finish(end)
            case .replay(.report(let difference)):
                _ = try await gateway.updateJournal(token, [difference])
                throw LonghaulError(
                    .internal, "the server accepted an operation that differs from the journal")
            case .replay(.send): try await send(run.takeUpdates())
            case .replay(.run(let operations)): for operation in operations { begin(operation) }
            case .replay(.cancelWaits): code.cancel()
            case .replay(.wait(let ids)):
                if let outcome = try await wait(on: ids) { return outcome }
            case .replay(.deliver): continue
            }
        }
    }

    /// Sends updates. If the server refuses one, the others are recorded, and the job fails.
    private func send(_ updates: [OperationUpdate]) async throws {
        do {
            run.apply(try await gateway.updateJournal(token, updates))
        } catch let error as LonghaulError where error.isRejection {
            guard let update = updates.first, updates.count == 1 else {
                for update in updates { try await send([update]) }
                return
            }
            if OperationID.isNeededToUndo(update.id) { throw error }
            guard run.reject(JobFailure(wrapping: error)) else { return }
            Task(executorPreference: run.executor) { [run] in await run.endAfterRejection() }
        }
    }

    private func finish(_ end: FlowRun.End) async throws -> FlowOutcome {
        switch end {
        case .completed(let output): return .completed(output)
        case .cancelled: return .cancelled
        case .failed(let failure): throw failure
        case .continued(let payload):
            await run.environment.flush()
            _ = try await gateway.continueAsNew(token, payload: payload)
            return .suspended
        }
    }

    /// Cancels the steps that run, and waits for their ends.
    mutating func endSteps() async {
        for step in steps.values { step.cancel() }
        for step in steps.values { await step.value }
        steps = [:]
    }

    // MARK: Waiting

    /// Waits until the code can go on, or suspends the job.
    private mutating func wait(on ids: [String]) async throws -> FlowOutcome? {
        let hasSteps = run.hasRunningSteps
        if !hasSteps, !ids.isEmpty {
            await run.environment.flush()
            switch try await gateway.suspend(token, on: ids) {
            case .suspended: return .suspended
            case .ready(let ready): try await refresh(ready)
            }
            return nil
        }
        guard run.executor.rest() else { return nil }
        let timer = hasSteps && !ids.isEmpty ? startPollTimer(run.earliestEnd(of: ids)) : nil
        defer { timer?.cancel() }
        guard let event = await run.inbox.next() else { throw CancellationError() }
        switch event {
        case .codeIsReady: break
        case .pollIsDue:
            poll.lengthen()
            try await refresh(ids)
        case .stepEnded(let id, let outcome, let retryInSeconds):
            poll = Poll()
            steps[id] = nil
            run.endStep(id, outcome, retryInSeconds: retryInSeconds)
        }
        return nil
    }

    /// Asks the server for the status of operations. Starting an operation again changes nothing.
    private func refresh(_ ids: [String]) async throws {
        let updates = run.refresh(ids)
        // A poll timer may have fired before it was cancelled, so that nothing waits any more.
        if !updates.isEmpty { run.apply(try await gateway.updateJournal(token, updates)) }
    }

    /// Reminds the runner to ask the server while a step runs: the lease continues, so the server does not call.
    private func startPollTimer(_ end: Timestamp?) -> Task<Void, Never> {
        let untilEnd = end.map { max(0.001, $0.seconds(since: run.environment.time.now())) } ?? .infinity
        let seconds = min(untilEnd, poll.seconds)
        return Task { [run] in
            guard (try? await run.environment.time.sleep(seconds: seconds)) != nil else { return }
            run.inbox.put(.pollIsDue)
        }
    }

    /// The interval at which the runner asks the server for waiting operations while a step runs.
    private struct Poll {
        var seconds = 1.0

        mutating func lengthen() { seconds = min(10, seconds * 2) }
    }

    // MARK: Steps

    private mutating func begin(_ operation: JournalOperation) {
        guard let work = run.work(of: operation) else { return }
        let context = StepContext(jobID: run.job.id, id: operation.id, attempt: operation.attempt)
        steps[operation.id] = Task { [run] in
            let attempt = StepAttempt(context: context, work: work, time: run.environment.time)
            let (outcome, retryInSeconds) = await attempt.run()
            run.inbox.put(.stepEnded(id: context.id, outcome, retryInSeconds: retryInSeconds))
        }
    }
}
