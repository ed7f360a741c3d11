import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulStates

/// Does the work of a task while the caller waits, without an execution that is stored.
struct DirectTask: Sendable {
    private let service: StepFunctions
    private let host: ExecutionHost
    private let caller: String
    private let traceHeader: String?

    init(_ service: StepFunctions, _ host: ExecutionHost, caller: String, traceHeader: String? = nil) {
        self.service = service
        self.host = host
        self.caller = caller
        self.traceHeader = traceHeader
    }

    /// How the task has ended. If the caller's task is cancelled, the job of the task is cancelled too.
    func report(_ start: TaskStart) async -> TaskReport {
        do {
            switch service.planner.plan(start) {
            case .failed(let error): return .failed(error)
            case .request:
                var task = OpenTask(resource: start.resource)
                task.parameters = start.parameters
                switch try await service.request(
                    task, start.id, caller: caller, parent: nil, traceHeader: traceHeader)
                {
                case .succeeded(let output): return .succeeded(output: output)
                case .failed(let error): return .failed(error)
                }
            case .job(let job, let isSubmitted): return try await run(job, start, isSubmitted: isSubmitted)
            }
        } catch {
            let cause = (error as? LonghaulError)?.detail ?? "\(error)"
            return .failed(StateError(name: ErrorName.taskFailed, cause: cause))
        }
    }

    private func run(_ job: NewJob, _ start: TaskStart, isSubmitted: Bool) async throws -> TaskReport {
        if job.spec.kind == CallHandler.kind {
            guard let request = TaskCallRequest(job.spec.payload) else { return .timedOut }
            return try await service.planner.calls.perform(
                request, token: service.random.uuid(),
                timeoutSeconds: start.limits.timeoutSeconds.map(Double.init)
            ).report(start.resource)
        }
        var job = job
        if job.spec.traceparent == nil {
            job.spec.traceparent = traceHeader.flatMap { TraceContext(header: $0) }?.traceparent
        }
        let submitted = try await host.engine.submit(job, caller: caller).job
        if isSubmitted { return .succeeded(output: TaskOutput.submitted(submitted.id, start.resource)) }
        let ended = try await ended(submitted.id)
        let end = ChildEnd(ended)
        switch service.planner.outcome(of: end, start.resource, nil) {
        case .ended(let report): return report
        case .delivered:
            return .failed(
                StateError(name: ErrorName.runtime, cause: "Express executions cannot wait for callers"))
        }
    }

    /// Waits for the end of a job, and cancels it if the task is cancelled.
    private func ended(_ id: JobID) async throws -> Job {
        do {
            while true {
                let job = try await host.engine.wait(for: id, seconds: 60)
                if job.state.isFinal { return job }
            }
        } catch {
            // In a task of its own, because this one is cancelled.
            if Task.isCancelled { Task { [host] in _ = try? await host.engine.cancel(id) } }
            throw error
        }
    }
}

extension ChildEnd {
    /// The end of a job.
    init(_ job: Job) {
        self.init(task: "", jobID: job.id, state: job.state, endedAt: job.finishedAt ?? job.createdAt)
        result = job.result
        error = job.error
        worker = job.worker?.name
        startedAt = job.startedAt
    }
}
