import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// One lease of the job of an execution: reads what has happened, computes steps, and stores them.
struct ExecutionRun {
    let runner: ExecutionRunner
    let token: LeaseToken
    let job: Job
    let payload: ExecutionPayload
    let revision: MachineRevision
    let interpreter: Interpreter
    /// The series of the metrics in which it counts.
    let series: ExecutionMetrics.Series
    let log: ExecutionLog
    var state: RunnerState
    var batch = StepBatch()
    /// What has happened and is not handled yet.
    var events: [ExecutionEvent] = []
    /// What follows from commands at once.
    var immediate: [ExecutionEvent] = []
    /// How the execution has ended; nil while it runs.
    var end: ExecutionEnd?
    /// The moment of the current step, in milliseconds since 1970.
    var now: Int64
    /// The open readers of map runs, by the keys of the map runs.
    var readers: [String: ItemPages] = [:]

    /// Reads the state of an execution.
    init(_ runner: ExecutionRunner, _ lease: Lease) async throws {
        self.runner = runner
        token = lease.token
        job = lease.job
        payload = try ExecutionPayload(lease.job)
        guard let revision = try await runner.service.revision(payload.revision) else {
            throw LonghaulError(
                .notFound, "the definition \(payload.revision.revisionID) of \(payload.machineARN) is gone")
        }
        self.revision = revision
        log = ExecutionLog(revision.configuration, arn: payload.arn)
        series = ExecutionMetrics.Series(payload, revision.machine)
        let cached = runner.cache.take(lease.token)
        // No runner has had a job before its first lease.
        let isNew = lease.token.fence == 1
        let needsParts = cached == nil && !isNew
        var stored = ExecutionState()
        if !needsParts, let reports = lease.reports {
            stored.reports = reports
        } else {
            stored = try await ExecutionRun.read(runner, lease.token, withParts: needsParts)
        }
        if let cached {
            state = cached
        } else if stored.parts.isEmpty {
            state = RunnerState(payload.info(roleARN: revision.roleARN), key: ExecutionRun.newKey(runner))
        } else {
            state = try await BlockingPool.steps.run { [parts = stored.parts] in try RunnerState(parts: parts)
            }
        }
        interpreter = runner.interpreter(revision.machine, of: lease.token.jobID, key: state.key)
        now = runner.time.now().milliseconds
        if state.snapshot.eventCount == 0 { events.append(.started) }
        try await add(stored.reports)
        // A crash came between the last step and the end of the job.
        if !events.contains(where: \.isRedrive) { end = state.snapshot.end }
    }

    private static func newKey(_ runner: ExecutionRunner) -> [UInt8] {
        Array(runner.random.identifier().utf8)
    }

    private static func read(
        _ runner: ExecutionRunner, _ token: LeaseToken, withParts: Bool
    ) async throws -> ExecutionState {
        try await runner.repeating { try await runner.store.execution(token, withParts: withParts) }
    }

    /// Runs the execution until it waits, or has ended. The lease has ended then.
    mutating func perform() async throws {
        if let end { return try await finish(end) }
        while true {
            try Task.checkCancellation()
            try await checkJobs()
            events += state.takeTimers(dueAt: now).map { .timer(id: $0) }
            try await step()
            if let end { return try await finish(end) }
            if !immediate.isEmpty, !batch.isFull { continue }
            if !immediate.isEmpty || state.snapshot.hasWork || state.hasPendingWork {
                try await proceed()
            } else if try await wait() {
                return
            }
        }
    }

    /// Computes a step with the events that have happened.
    private mutating func step() async throws {
        let due = events + immediate
        events = []
        immediate = []
        let moment = EventMoment(time: now, seed: runner.random.next())
        let result = await interpreter.stepApart(&state.snapshot, due, at: moment)
        batch.add(
            result,
            logging: log.lines(result.history, redriveCount: state.snapshot.redriveCount))
        state.recordSizes(result.changes.parts)
        for command in result.commands { try await perform(command) }
        if state.byteCount > runner.limits.stateBytes { immediate.append(.failed(.stateTooLarge)) }
        if let transitions = runner.transitions {
            try await transitions.pay(EventCounts(result.history).transitions)
        }
    }

    /// Commits, keeps the lease, and does what does not fit into a commit.
    private mutating func proceed() async throws {
        _ = try await commit(.proceed)
        tick()
        if !state.snapshot.hasWork, immediate.isEmpty { try await performPendingWork() }
        let stored = try await ExecutionRun.read(runner, token, withParts: false)
        try await add(stored.reports)
    }

    /// Suspends the job.
    ///
    /// - Returns: whether the lease has ended. Otherwise there are reports, or the time has come.
    private mutating func wait() async throws -> Bool {
        let until = state.nextTime
        let outcome = try await commit(.wait(until: until.map { Timestamp(milliseconds: $0) }, for: waits))
        guard case .held = outcome else {
            runner.cache.put(state, after: token)
            return true
        }
        tick()
        let stored = try await ExecutionRun.read(runner, token, withParts: false)
        try await add(stored.reports)
        // The store's clock decides when a time has come.
        if stored.reports.isEmpty, let until { now = max(now, until) }
        return false
    }

    /// Stores the end of the execution.
    private mutating func finish(_ end: ExecutionEnd) async throws {
        if state.mapRuns.values.contains(where: \.mustCancel) {
            if !batch.isEmpty { _ = try await commit(.proceed) }
            try await cancelChildren()
        }
        switch end {
        case .succeeded(let output): _ = try await commit(.complete(output))
        case .failed(let error): _ = try await commit(.fail(JobError(error, .failed)))
        case .timedOut(let error): _ = try await commit(.fail(JobError(error, .timedOut)))
        case .aborted(let error): _ = try await commit(.cancel(JobError(error, .aborted)))
        }
    }

    private mutating func tick() {
        now = max(now, runner.time.now().milliseconds)
    }

    /// Stores the steps since the last commit.
    private mutating func commit(_ end: ExecutionAdvance.End) async throws -> AdvanceOutcome {
        var parts = state.takeChanges()
        var advance = batch.advance(end, runnerParts: parts)
        if case .complete = end {
            parts = state.lastingParts
            parts[PartName.header] = advance.parts[PartName.header] ?? nil
            advance.parts = parts
            advance.removesOtherParts = true
        }
        state.recordSizes(parts)
        let counts = batch.counts
        batch = StepBatch()
        let outcome = try await runner.repeating { [advance, token] in
            try await runner.store.advance(token, advance)
        }
        runner.service.metrics.count(counts, of: series, startedAt: payload.startedAt)
        return outcome
    }

    /// What the job shows while it waits.
    private var waits: [OperationWait] {
        var waits: [OperationWait] = []
        if let until = state.nextTime {
            waits.append(
                OperationWait(
                    id: "timer", type: .timer, name: "timer", until: Timestamp(milliseconds: until)))
        }
        for (id, task) in state.tasks.sorted(by: { $0.key < $1.key }).prefix(OperationWait.maxShown) {
            waits.append(
                OperationWait(
                    id: "\(id)", type: task.isCallback ? .signal : .job, name: task.resource.arn,
                    jobID: task.jobID))
        }
        return waits
    }
}

extension ExecutionEvent {
    fileprivate var isRedrive: Bool {
        if case .redriven = self { return true }
        return false
    }
}

extension JobError {
    /// The error of the job of an execution. The details hold what callers of the execution see.
    init(_ error: StateError, _ status: ExecutionStatus) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("status", status.rawValue)
            if let name = error.name { writer.field("error", name) }
            if let cause = error.cause { writer.field("cause", cause) }
        }
        self.init(
            type: error.name ?? status.rawValue, message: error.cause ?? "", details: writer.text,
            retryable: false)
        self = bounded
    }
}

extension ExecutionRunner {
    /// Repeats a call until the store has answered it, or the task is cancelled: the worker cancels it when the lease has ended.
    func repeating<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
        var backoff = ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 5)
        while true {
            do {
                return try await call()
            } catch let error as LonghaulError where error.isTransient {
                try await time.sleep(seconds: backoff.next(random: random.fraction()))
            }
        }
    }
}
