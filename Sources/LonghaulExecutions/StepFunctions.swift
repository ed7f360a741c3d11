public import LonghaulCore
internal import LonghaulEngine
public import LonghaulStates

/// The operations of the Step Functions API.
///
/// ```swift
/// let output = try await stepFunctions.perform("DescribeStateMachine", input, by: caller)
/// ```
///
/// State machines, versions, aliases and activities are records of the store. Concurrent changes are found by the
/// revisions of these records, so any number of servers may perform operations on the same store.
public final class StepFunctions: Sendable {
    /// A method that performs an operation: `StepFunctions.describeMachine`.
    typealias Operation =
        @Sendable (StepFunctions) -> @Sendable (OperationInput) async throws(ServiceError) -> StateObject

    let store: any ExecutionStore
    let time: any TimeSource
    let random: any RandomSource
    /// Settings and limits.
    public let settings: ExecutionSettings
    /// Reads and makes ARNs.
    public let names: ResourceNames
    let testedTask: TestedTask?
    let definitions: DefinitionCache
    let counts = RecordCounts()
    let host: ExecutionHost?
    let openExecutions = OpenExecutionCount()
    let express: ExpressExecutions
    let planner: TaskPlanner
    let metrics: ExecutionMetrics

    /// The operations over a store.
    ///
    /// - Parameters:
    ///   - host: Runs the tasks of executions; nil to refuse the operations of executions.
    ///   - testedTask: Does the work of tasks that `TestState` tests without a mock; nil to let the host do it.
    public init(
        store: any ExecutionStore, host: ExecutionHost? = nil,
        settings: ExecutionSettings = ExecutionSettings(),
        time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom(),
        testedTask: TestedTask? = nil
    ) {
        self.testedTask = testedTask
        self.store = store
        self.host = host
        metrics = ExecutionMetrics(
            maxLabels: (host?.engine.configuration ?? EngineConfiguration()).metricsLabels, time: time)
        express = ExpressExecutions(settings.executions)
        planner = TaskPlanner(
            calls: CallHandler(
                requests: host?.requests, services: host?.services,
                resources: TaskResources(services: settings.services),
                lambdaEndpoint: settings.lambdaEndpoint))
        self.settings = settings
        self.time = time
        self.random = random
        names = ResourceNames(account: settings.account, region: settings.region)
        definitions = DefinitionCache(maxBytes: settings.limits.cachedDefinitionBytes)
    }

    /// The parts of the server that run executions.
    func requiredHost() throws(ServiceError) -> ExecutionHost {
        guard let host else {
            throw ServiceError(ServiceError.serviceUnavailable, "This server runs no executions.")
        }
        return host
    }

    /// Performs an operation: `CreateStateMachine`.
    ///
    /// - Parameter input: The members, which have been validated against the model of the service.
    /// - Throws: the error of the operation; `UnknownOperationException` if there is no such operation.
    public func perform(
        _ operation: String, _ input: StateObject, by caller: OperationCaller
    ) async throws(ServiceError) -> StateObject {
        guard let perform = StepFunctions.operations[operation] else {
            throw ServiceError("UnknownOperationException", "There is no operation \(operation.prefix(100))")
        }
        return try await perform(self)(OperationInput(input, by: caller))
    }
}
