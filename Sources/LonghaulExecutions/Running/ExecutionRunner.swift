import LonghaulCore
import LonghaulEngine
import LonghaulStates
public import LonghaulWorker

/// Runs executions: the handlers of their jobs, for a worker inside the server.
///
/// ```swift
/// let runner = ExecutionRunner(stepFunctions, host)
/// let worker = Worker(configuration: runner.workerConfiguration(), gateway: engine, handlers: runner.handlers)
/// ```
///
/// A runner holds the lease of an execution while it computes. It stores each step with one
/// ``LonghaulCore/ExecutionStore/advance(_:_:)``. Any server continues an execution after a crash.
public final class ExecutionRunner: Sendable {
    let service: StepFunctions
    let host: ExecutionHost
    let store: any ExecutionStore
    let cache: StateCache
    let transitions: TransitionRate?

    var engine: Engine { host.engine }
    var limits: ExecutionLimits { service.settings.executions }
    var time: any TimeSource { service.time }
    var random: any RandomSource { service.random }

    /// A runner.
    ///
    /// - Parameter service: performs the requests of tasks, and reads the definitions.
    public init(_ service: StepFunctions, _ host: ExecutionHost) {
        self.service = service
        self.host = host
        store = service.store
        cache = StateCache(maxBytes: service.settings.executions.cachedBytes)
        transitions = service.settings.executions.transitionsPerSecond.map {
            TransitionRate(perSecond: $0, time: service.time)
        }
    }

    /// The handlers of executions and of the requests of their tasks.
    public var handlers: [Handler] {
        let executions = Handler(kind: JobSpec.executionKind, queue: JobSpec.executionQueue) { context in
            var run = try await ExecutionRun(self, context.lease)
            try await run.perform()
            throw AttemptSuspended()
        }
        return [executions, service.planner.calls.handler]
    }

    /// How long a lease of an execution lasts after the death of its server, in seconds.
    private static let leaseSeconds = 10.0

    /// The configuration of a worker for ``handlers``.
    public func workerConfiguration() -> WorkerConfiguration {
        var configuration = WorkerConfiguration(
            queues: [
                (JobSpec.executionQueue, limits.runningExecutions), (CallHandler.queue, limits.requests),
            ], name: WorkerInfo.internalPrefix + "executions")
        configuration.leaseSeconds = ExecutionRunner.leaseSeconds
        return configuration
    }

    /// The interpreter of an execution.
    func interpreter(_ machine: StateMachine, of id: JobID, key: [UInt8]) -> Interpreter {
        let settings = InterpreterSettings(
            maxDataBytes: limits.dataBytes, maxHistoryEvents: limits.historyEvents,
            maxExpressSeconds: limits.expressSeconds,
            steadySeconds: { [time] in time.steadySeconds() },
            makeToken: { _, task in TaskToken(jobID: id, task: task, key: key).text },
            checkParameters: TaskParameters.problem)
        return Interpreter(machine, settings: settings)
    }
}
