import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulStates

/// An Express execution: it runs in memory, and a crash of the server ends it.
struct ExpressRun {
    private struct Timer {
        /// When it is due, in milliseconds since 1970.
        let time: Int64
        let task: Task<Void, Never>
    }

    private let service: StepFunctions
    private let host: ExecutionHost
    private let payload: ExecutionPayload
    private let caller: String
    private let interpreter: Interpreter
    private let series: ExecutionMetrics.Series
    private let log: ExecutionLog
    private var snapshot: ExecutionSnapshot
    private let messages: AsyncStream<ExecutionEvent>
    private let inbox: AsyncStream<ExecutionEvent>.Continuation
    private var timers: [Int: Timer] = [:]
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
            maxDataBytes: service.settings.executions.dataBytes, maxHistoryEvents: nil,
            maxExpressSeconds: service.settings.executions.expressSeconds,
            steadySeconds: { [time = service.time] in time.steadySeconds() },
            checkParameters: TaskParameters.problem)
        series = ExecutionMetrics.Series(payload, revision.machine)
        log = ExecutionLog(revision.configuration, arn: payload.arn)
        interpreter = Interpreter(revision.machine, settings: settings)
        snapshot = ExecutionSnapshot(payload.info(roleARN: revision.roleARN))
        (messages, inbox) = AsyncStream.makeStream()
    }

    /// Runs the execution to its end.
    mutating func run() async -> ExecutionEnd {
        defer {
            for timer in timers.values { timer.task.cancel() }
            for task in tasks.values { task.cancel() }
        }
        var iterator = messages.makeAsyncIterator()
        await step([.started])
        while true {
            if let end { return end }
            if snapshot.hasWork {
                // An execution that never waits must not miss its time limit.
                await step(takeDueTimers())
            } else {
                // The stream ends if the task is cancelled.
                await step([await iterator.next() ?? .aborted(ExpressRun.stopped)])
            }
        }
    }

    private static let stopped = StateError(name: ErrorName.runtime, cause: "The server has stopped")

    private mutating func takeDueTimers() -> [ExecutionEvent] {
        let now = service.time.now().milliseconds
        let due = timers.filter { $0.value.time <= now }.sorted {
            ($0.value.time, $0.key) < ($1.value.time, $1.key)
        }
        for (id, _) in due { cancelTimer(id) }
        return due.map { .timer(id: $0.key) }
    }

    private mutating func cancelTimer(_ id: Int) {
        timers.removeValue(forKey: id)?.task.cancel()
    }

    private mutating func step(_ events: [ExecutionEvent]) async {
        let moment = EventMoment(time: service.time.now().milliseconds, seed: service.random.next())
        let result = await interpreter.stepApart(&snapshot, events, at: moment)
        service.metrics.count(EventCounts(result.history), of: series, startedAt: payload.startedAt)
        for line in log.lines(result.history, redriveCount: 0) {
            host.note(Note(line.message, level: line.level))
        }
        for command in result.commands { perform(command) }
    }

    private mutating func perform(_ command: ExecutionCommand) {
        switch command {
        case .startTask(let start): tasks[start.id] = Task { [self] in await perform(start) }
        case .cancelTask(let id): tasks.removeValue(forKey: id)?.cancel()
        case .startTimer(let id, let time): startTimer(id, at: time)
        case .cancelTimer(let id): cancelTimer(id)
        case .end(let end): self.end = end
        case .proceed: break
        case .startMapRun(let start):
            let cause = "Distributed maps are not supported by Express state machines"
            inbox.yield(.mapRun(id: start.id, .readFailed(cause: cause)))
        case .readItems, .startChildren, .writeResults, .cancelMapRun, .redriveMapRun, .endMapRun: break
        }
    }

    private mutating func startTimer(_ id: Int, at time: Int64) {
        let task = Task { [service, inbox] in
            do {
                try await service.time.sleep(until: Timestamp(milliseconds: time))
                inbox.yield(.timer(id: id))
            } catch {
                // The timer is cancelled.
            }
        }
        timers[id] = Timer(time: time, task: task)
    }

    /// Does the work of a task, and reports it.
    private func perform(_ start: TaskStart) async {
        inbox.yield(.task(id: start.id, .started(worker: nil)))
        let report = await DirectTask(service, host, caller: caller, traceHeader: payload.traceHeader)
            .report(start)
        guard !Task.isCancelled else { return }
        inbox.yield(.task(id: start.id, report))
    }
}
