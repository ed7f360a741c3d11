import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTracing
import LonghaulWorker

/// The configured worker.
struct WorkerHost: Sendable {
    private let worker: Worker
    private let queues: [QueueSlots]
    private let grace: Duration

    /// Creates the worker. ``start()`` makes it take jobs.
    ///
    /// - Parameter tracer: records attempts; nil for no traces.
    init(
        _ invocation: Invocation, handlers: HandlersFile, gateway: any WorkerGateway, tracer: Tracer?
    ) throws {
        let chosen = try invocation.value(Options.queues)
        queues = chosen.isEmpty ? Self.queues(of: handlers) : chosen
        let repeated = Dictionary(grouping: queues, by: \.name).first { $0.value.count > 1 }
        if let repeated {
            throw invocation.settings.usageError(Options.queues, "the queue \(repeated.key) is named twice")
        }
        var configuration = WorkerConfiguration(
            queues: queues.map { ($0.name, $0.slots) }, name: try invocation.value(Options.name),
            labels: try invocation.labels(Options.labels))
        configuration.leaseSeconds = try invocation.value(Options.leaseSeconds)
        configuration.outageSeconds = try invocation.value(Options.workerOutageSeconds)
        configuration.info.heartbeatIntervalSeconds = try invocation.value(Options.heartbeatSeconds)
        configuration.pollSeconds = try invocation.value(Options.pollSeconds)
        let name = configuration.info.name
        configuration.logger = EventLogger(worker: name)
        grace = .seconds(try invocation.value(Options.shutdownGrace))
        Self.prepareProcess()
        let traced = tracer.map { TracingGateway(gateway, tracer: $0, worker: name) }
        worker = Worker(
            configuration: configuration, gateway: traced ?? gateway, handlers: handlers.handlers)
    }

    private static func prepareProcess() {
        let removed = ProgramIsolation.prepareWorker()
        guard removed.folders > 0 else { return }
        EventLog.log(
            Note(
                "cleaned up after dead workers: temporary folders removed: \(removed.folders), processes killed: "
                    + "\(removed.processes)"))
    }

    /// Starts to take jobs.
    func start() {
        EventLog.log("working on \(queues.map { "\($0.name)=\($0.slots)" }.joined(separator: ","))")
        worker.start()
    }

    /// Stops the worker: running jobs may finish within the grace period, and the others are released.
    func stop() async {
        await worker.shutdown(grace: grace)
    }

    // MARK: Handlers

    /// The configured handlers file.
    ///
    /// - Throws: ``UsageError`` if there is none.
    static func requiredHandlers(_ invocation: Invocation) throws -> HandlersFile {
        guard let handlers = try handlers(invocation) else {
            throw UsageError(
                "--handlers is missing: the file that assigns a program to each kind of job",
                command: invocation.command.name)
        }
        return handlers
    }

    /// The configured handlers file; nil if there is none.
    static func handlers(_ invocation: Invocation) throws -> HandlersFile? {
        guard let path = try invocation.value(Options.handlers) else { return nil }
        let maxBytes = try invocation.value(Options.maxPayloadBytes)
        do {
            var handlers = try HandlersFile.load(path: path)
            if invocation.settings.isGiven(Options.maxPayloadBytes) { handlers.setMaxResultBytes(maxBytes) }
            return handlers
        } catch {
            var fault = invocation.settings.usageError(Options.handlers, error.detail)
            fault.details = error.faults.map { "\($0.pointer): \($0.message)" }
            throw fault
        }
    }

    /// The queues of the handlers, each with the sum of their concurrency as its slots.
    private static func queues(of handlers: HandlersFile) -> [QueueSlots] {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let programs = Dictionary(grouping: handlers.programs) { $0.queue ?? "default" }
        let queues = programs.map { name, programs in
            // Handlers without a bound share one slot for each core.
            let shared = programs.contains { $0.concurrency == nil } ? cores : 0
            let slots = programs.reduce(shared) { $0 + ($1.concurrency ?? 0) }
            return QueueSlots(name: name, slots: slots)
        }
        return queues.isEmpty
            ? [QueueSlots(name: "default", slots: cores)] : queues.sorted { $0.name < $1.name }
    }
}
