internal import LonghaulJSON

extension Turn {
    /// Starts the task of a Task state.
    mutating func runTask(_ frame: StateFrame, _ task: TaskState) throws(StateFailure) {
        let number = snapshot.header.nextTask
        var frame = frame
        if task.resource.pattern == .taskToken {
            frame.token = settings.makeToken(snapshot.info.arn, number)
        }
        let parameters = try effectiveInput(frame)
        var limits = TaskLimits()
        limits.timeoutSeconds = try integer(task.timeout, "TimeoutSeconds", frame)
        limits.heartbeatSeconds = try integer(task.heartbeat, "HeartbeatSeconds", frame)
        limits.roleARN =
            try task.credentials.map { template throws(StateFailure) in
                try evaluate(template, frame)["RoleArn"]?.string
            } ?? nil
        let text = parameters.json
        if let problem = settings.checkParameters(task.resource, parameters) {
            throw .runtime("The Parameters '\(text)' could not be used to start the Task: [\(problem)]")
        }
        snapshot.header.nextTask += 1
        snapshot.changed.insert(.header)
        recordSchedule(frame.id, task.resource, text, limits)
        snapshot.taskOwners[number] = frame.id
        update(frame.id) { $0.activity = .task(TaskRun(id: number, limits: limits)) }
        commands.append(
            .startTask(
                TaskStart(
                    id: number, state: frame.state.name, resource: task.resource, parameters: text,
                    token: frame.token, limits: limits, retryCount: frame.branch.retryCount)))
    }

    private mutating func recordSchedule(
        _ id: Int, _ resource: TaskResource, _ parameters: JSONText, _ limits: TaskLimits
    ) {
        if let action = resource.action {
            let schedule = TaskSchedule(
                action: action, region: snapshot.info.region, parameters: parameters, limits: limits)
            return record(.taskScheduled, .taskScheduled(schedule), in: id)
        }
        let details = HistoryDetails.functionScheduled(
            FunctionSchedule(resource: resource.arn, input: parameters, limits: limits))
        record(resource.isActivity ? .activityScheduled : .lambdaFunctionScheduled, details, in: id)
    }

    /// Handles a report on a task.
    mutating func handleTask(_ number: Int, _ report: TaskReport) {
        guard let id = snapshot.taskOwners[number], let branch = snapshot.branches[id],
            case .task(let run) = branch.activity, let index = branch.state,
            case .task(let task) = machine.states[index].kind
        else { return }
        switch report {
        case .started(let worker): startedTask(id, run, task.resource, worker: worker)
        case .heartbeat: keepAlive(id, run)
        case .submitted(let output):
            keepAlive(id, run)
            guard let action = task.resource.action else { return }
            record(.taskSubmitted, .taskOutput(action, output), in: id)
        case .succeeded(let output): succeedTask(id, run, task.resource, output)
        case .failed(let error): failTask(id, run, task.resource, .failed, error)
        case .timedOut: failTask(id, run, task.resource, .timedOut, .timeout)
        case .scheduleFailed(let error): failTask(id, run, task.resource, .scheduleFailed, error)
        case .startFailed(let error): failTask(id, run, task.resource, .startFailed, error)
        case .submitFailed(let error): failTask(id, run, task.resource, .submitFailed, error)
        }
    }

    /// Records that a worker has begun, and starts the timers of the time limits.
    private mutating func startedTask(
        _ id: Int, _ run: TaskRun, _ resource: TaskResource, worker: String?
    ) {
        guard !run.isStarted else { return }
        if let action = resource.action {
            record(.taskStarted, .task(action), in: id)
        } else if resource.isActivity {
            record(.activityStarted, .activityStarted(worker: worker), in: id)
        } else {
            record(.lambdaFunctionStarted, in: id)
        }
        var run = run
        run.isStarted = true
        run.lastHeartbeat = time
        if let seconds = run.limits.timeoutSeconds {
            run.timeoutTimer = startTimer(at: time + Int64(seconds) * 1000, for: id)
        }
        if let seconds = run.limits.heartbeatSeconds {
            run.heartbeatTimer = startTimer(at: time + Int64(seconds) * 1000, for: id)
        }
        update(id) { $0.activity = .task(run) }
    }

    /// Notes a sign of life. The heartbeat timer continues, and looks at the time of the last sign when it fires.
    private mutating func keepAlive(_ id: Int, _ run: TaskRun) {
        guard run.limits.heartbeatSeconds != nil else { return }
        var run = run
        run.lastHeartbeat = time
        update(id) { $0.activity = .task(run) }
    }

    /// Handles a timer of a task: the time limit, or the next heartbeat.
    mutating func handleTaskTimer(_ timer: Int, _ run: TaskRun, _ id: Int) {
        guard let index = snapshot.branches[id]?.state, case .task(let task) = machine.states[index].kind
        else { return }
        var run = run
        let isHeartbeat = run.heartbeatTimer == timer
        if isHeartbeat, let seconds = run.limits.heartbeatSeconds {
            let due = run.lastHeartbeat + Int64(seconds) * 1000
            if due > time {
                run.heartbeatTimer = startTimer(at: due, for: id)
                return update(id) { $0.activity = .task(run) }
            }
        }
        commands.append(.cancelTask(id: run.id))
        failTask(id, run, task.resource, .timedOut, .timeout, cause: isHeartbeat ? .heartbeat : .work)
    }

    private mutating func succeedTask(
        _ id: Int, _ run: TaskRun, _ resource: TaskResource, _ output: JSONText
    ) {
        guard output.bytes.count <= settings.maxDataBytes else {
            return failTask(id, run, resource, .failed, .tooLarge(resource.errorName))
        }
        let result: StateValue
        do {
            result = try StateValue(output)
        } catch {
            let cause = "The task returned a result that is not valid JSON: \(error.message)"
            return failTask(
                id, run, resource, .failed, StateError(name: ErrorName.runtime, cause: cause))
        }
        if let action = resource.action {
            record(.taskSucceeded, .taskOutput(action, output), in: id)
        } else {
            record(
                resource.isActivity ? .activitySucceeded : .lambdaFunctionSucceeded, .output(output), in: id)
        }
        endTask(id, run)
        ready.append(.succeed(branch: id, result: result))
    }

    private mutating func failTask(
        _ id: Int, _ run: TaskRun, _ resource: TaskResource, _ end: TaskEnd, _ error: StateError,
        cause: Continuation.Cause = .work
    ) {
        if let action = resource.action {
            record(end.serviceEvent, .taskFailure(action, error), in: id)
        } else {
            record(resource.isActivity ? end.activityEvent : end.functionEvent, .failure(error), in: id)
        }
        endTask(id, run)
        ready.append(.fail(branch: id, error, cause))
    }

    private mutating func endTask(_ id: Int, _ run: TaskRun) {
        cancelTimer(run.timeoutTimer)
        cancelTimer(run.heartbeatTimer)
        snapshot.taskOwners[run.id] = nil
        update(id) { $0.activity = .none }
    }
}

/// How a task has ended without success.
private enum TaskEnd {
    case failed, timedOut, scheduleFailed, startFailed, submitFailed

    var serviceEvent: HistoryEventType {
        switch self {
        case .timedOut: .taskTimedOut
        case .startFailed: .taskStartFailed
        case .submitFailed: .taskSubmitFailed
        case .failed, .scheduleFailed: .taskFailed
        }
    }

    var functionEvent: HistoryEventType {
        switch self {
        case .timedOut: .lambdaFunctionTimedOut
        case .startFailed: .lambdaFunctionStartFailed
        case .scheduleFailed: .lambdaFunctionScheduleFailed
        case .failed, .submitFailed: .lambdaFunctionFailed
        }
    }

    var activityEvent: HistoryEventType {
        switch self {
        case .timedOut: .activityTimedOut
        case .scheduleFailed: .activityScheduleFailed
        case .failed, .startFailed, .submitFailed: .activityFailed
        }
    }
}

extension TaskResource {
    /// Whether the resource is an activity.
    var isActivity: Bool {
        if case .activity = kind { return true }
        return false
    }
}
