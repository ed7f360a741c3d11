import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulStates

/// An Express execution: it runs in memory, and a crash of the server ends it.
struct ExpressRun {
    private enum Message: Sendable {
        case event(ExecutionEvent)
        case timeout
    }

    private let service: StepFunctions
    private let host: ExecutionHost
    private let payload: ExecutionPayload
    private let caller: String
    private let interpreter: Interpreter
    private var snapshot: ExecutionSnapshot
    private let messages: AsyncStream<Message>
    private let inbox: AsyncStream<Message>.Continuation
    private var timers: [Int: Task<Void, Never>] = [:]
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var end: ExecutionEnd?

    init(
        _ service: StepFunctions, _ host: ExecutionHost, _ payload: ExecutionPayload,
        _ revision: MachineRevision, caller: String
    ) {
        self.service = service
        self.host = host
        self.payload = payload
        self.caller = caller
        let settings = InterpreterSettings(
            maxDataBytes: service.settings.executions.dataBytes,
            maxHistoryEvents: service.settings.executions.historyEvents,
            checkParameters: TaskParameters.problem)
        interpreter = Interpreter(revision.machine, settings: settings)
        snapshot = ExecutionSnapshot(payload.info(roleARN: revision.roleARN))
        (messages, inbox) = AsyncStream.makeStream()
    }

    /// Runs the execution to its end.
    mutating func run() async -> ExecutionEnd {
        let deadline = Task { [service, inbox] in
            try? await service.time.sleep(seconds: Double(service.settings.executions.expressSeconds))
            inbox.yield(.timeout)
        }
        defer {
            deadline.cancel()
            for task in timers.values { task.cancel() }
            for task in tasks.values { task.cancel() }
        }
        var iterator = messages.makeAsyncIterator()
        step([.started])
        while end == nil {
            if snapshot.hasWork {
                step([])
                await Task.yield()
                continue
            }
            switch await iterator.next() {
            case .event(let event)?: step([event])
            case .timeout?: return .timedOut(.timeout)
            case nil: return .aborted(StateError(name: ErrorName.runtime, cause: "The server has stopped"))
            }
        }
        return end ?? .timedOut(.timeout)
    }

    private mutating func step(_ events: [ExecutionEvent]) {
        let moment = EventMoment(time: service.time.now().milliseconds, seed: service.random.next())
        let result = interpreter.step(&snapshot, events, at: moment)
        for command in result.commands { perform(command) }
    }

    private mutating func perform(_ command: ExecutionCommand) {
        switch command {
        case .startTask(let start): tasks[start.id] = Task { [self] in await perform(start) }
        case .cancelTask(let id): tasks.removeValue(forKey: id)?.cancel()
        case .startTimer(let id, let time): startTimer(id, at: time)
        case .cancelTimer(let id): timers.removeValue(forKey: id)?.cancel()
        case .end(let end): self.end = end
        case .proceed: break
        case .startMapRun(let start):
            let cause = "Distributed maps are not supported by Express state machines"
            inbox.yield(.event(.mapRun(id: start.id, .readFailed(cause: cause))))
        case .readItems, .startChildren, .writeResults, .cancelMapRun, .redriveMapRun, .endMapRun: break
        }
    }

    private mutating func startTimer(_ id: Int, at time: Int64) {
        timers[id] = Task { [service, inbox] in
            do {
                try await service.time.sleep(until: Timestamp(milliseconds: time))
                inbox.yield(.event(.timer(id: id)))
            } catch {
                // The timer is cancelled.
            }
        }
    }

    /// Does the work of a task, and reports it.
    private func perform(_ start: TaskStart) async {
        let report = await report(start)
        guard !Task.isCancelled else { return }
        inbox.yield(.event(.task(id: start.id, report)))
    }

    private func report(_ start: TaskStart) async -> TaskReport {
        do {
            switch service.planner.plan(start) {
            case .failed(let error):
                begin(start)
                return .failed(error)
            case .request:
                begin(start)
                var task = OpenTask(resource: start.resource)
                task.parameters = start.parameters
                switch try await service.request(task, start.id, caller: caller, parent: nil) {
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

    private func begin(_ start: TaskStart) {
        inbox.yield(.event(.task(id: start.id, .started(worker: nil))))
    }

    private func run(_ job: NewJob, _ start: TaskStart, isSubmitted: Bool) async throws -> TaskReport {
        begin(start)
        if job.spec.kind == CallHandler.kind {
            guard let request = TaskCallRequest(job.spec.payload) else { return .timedOut }
            return try await service.planner.calls.perform(request).report(start.resource)
        }
        var job = job
        job.spec.tags[ExecutionTag.task] = "\(start.id)"
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
