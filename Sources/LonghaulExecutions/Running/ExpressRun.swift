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
            steadySeconds: { [time = service.time] in time.steadySeconds() },
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
        let lastStep = service.time.steadySeconds() + Double(service.settings.executions.expressSeconds)
        await step([.started])
        while end == nil {
            if snapshot.hasWork {
                guard service.time.steadySeconds() < lastStep else { return .timedOut(.timeout) }
                await step([])
                continue
            }
            switch await iterator.next() {
            case .event(let event)?: await step([event])
            case .timeout?: return .timedOut(.timeout)
            case nil: return .aborted(StateError(name: ErrorName.runtime, cause: "The server has stopped"))
            }
        }
        return end ?? .timedOut(.timeout)
    }

    private mutating func step(_ events: [ExecutionEvent]) async {
        let moment = EventMoment(time: service.time.now().milliseconds, seed: service.random.next())
        let result = await interpreter.stepApart(&snapshot, events, at: moment)
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
        inbox.yield(.event(.task(id: start.id, .started(worker: nil))))
        let report = await DirectTask(service, host, caller: caller).report(start)
        guard !Task.isCancelled else { return }
        inbox.yield(.event(.task(id: start.id, report)))
    }
}
