import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulHTTP
import LonghaulWebhooks
import LonghaulWorker

/// The configured state machines: their operations, and the worker that runs their executions.
struct ExecutionsHost: Sendable {
    /// The operations.
    let stepFunctions: StepFunctions
    private let worker: Worker
    private let cleaner: DeletedMachineCleaner
    private let requests: HTTPTaskRequests
    private let objects: StateMachineObjects
    private let services: AWSServiceCalls
    private let grace: Duration

    /// Creates the worker. ``start()`` makes it run executions.
    ///
    /// - Throws: ``UsageError`` naming the setting.
    init(_ invocation: Invocation, engine: Engine) throws {
        var settings = ExecutionSettings(
            account: try invocation.value(Options.awsAccount),
            region: try invocation.value(Options.awsRegion),
            lambdaEndpoint: try invocation.value(Options.lambdaEndpoint),
            services: Self.services(try invocation.value(Options.awsServices)))
        settings.isResourceSupported = TaskResources(services: settings.services).isSupported
        settings.executions = try Self.limits(invocation)
        requests = HTTPTaskRequests(try Self.destinations(invocation))
        objects = StateMachineObjects(
            engine: engine, allowed: try invocation.value(Options.mapBuckets), region: settings.region)
        services = AWSServiceCalls(region: settings.region)
        var host = ExecutionHost(
            engine: engine, requests: requests, objects: objects, services: services)
        host.note = { EventLog.log($0) }
        stepFunctions = StepFunctions(store: engine, host: host, settings: settings, time: engine.time)
        let runner = ExecutionRunner(stepFunctions, host)
        var configuration = runner.workerConfiguration()
        configuration.logger = EventLogger()
        worker = Worker(configuration: configuration, gateway: engine, handlers: runner.handlers)
        cleaner = DeletedMachineCleaner(stepFunctions)
        grace = .seconds(try invocation.value(Options.shutdownGrace))
    }

    private static func limits(_ invocation: Invocation) throws -> ExecutionLimits {
        var limits = ExecutionLimits()
        limits.openExecutions = try invocation.value(Options.maxOpenExecutions)
        limits.historyEvents = try invocation.value(Options.maxExecutionEvents)
        limits.expressExecutions = try invocation.value(Options.maxExpressExecutions)
        limits.runningExecutions = try invocation.value(Options.executionSlots)
        let rate = try invocation.value(Options.stateTransitionRate)
        limits.transitionsPerSecond = rate > 0 ? Double(rate) : nil
        return limits
    }

    /// The names of the AWS services that the operator allows.
    private static func services(_ names: [String]) -> Set<String> {
        names.contains("*") ? Set(TaskResources.serviceNames) : Set(names)
    }

    private static func destinations(_ invocation: Invocation) throws -> WebhookDestinations {
        do {
            return try WebhookDestinations(allowing: try invocation.value(Options.webhookAllow))
        } catch let error as WebhookSettingError {
            throw invocation.settings.usageError(Options.webhookAllow, error.description)
        }
    }

    /// Starts to run executions, and to remove what is left of deleted machines.
    func start() {
        worker.start()
        cleaner.start()
    }

    /// Stops within the grace period. Executions that have not ended go on in another server.
    func stop() async {
        await cleaner.stop()
        await worker.shutdown(grace: grace)
        await requests.close()
        await objects.close()
        await services.close()
    }
}
