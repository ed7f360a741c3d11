import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTracing
import LonghaulWorker

/// A worker as the settings describe it.
struct WorkerHost: Sendable {
    private let worker: Worker
    private let queues: [QueueSlots]
    private let grace: Duration

    /// Makes the worker; it takes no jobs yet.
    ///
    /// - Parameter tracer: records what the worker does; nil for nothing.
    init(
        _ invocation: Invocation, handlers: HandlersFile, gateway: any WorkerGateway, tracer: Tracer?
    ) throws {
        let chosen = try invocation.value(Options.queues)
        queues = chosen.isEmpty ? Self.queues(of: handlers) : chosen
        let repeated = Dictionary(grouping: queues, by: \.name).first { $0.value.count > 1 }
        if let repeated {
            throw invocation.settings.fault(Options.queues, "the queue \(repeated.key) is named twice")
        }
        var configuration = WorkerConfiguration(
            queues: queues.map { ($0.name, $0.slots) }, name: try invocation.value(Options.name),
            labels: try invocation.labels(Options.labels))
        configuration.leaseSeconds = try invocation.value(Options.leaseSeconds)
        configuration.outageSeconds = try invocation.value(Options.workerOutageSeconds)
        configuration.info.heartbeatSeconds = try invocation.value(Options.heartbeatSeconds)
        configuration.pollSeconds = try invocation.value(Options.pollSeconds)
        let name = configuration.info.name
        configuration.note = { note in
            var note = note
            note.worker = name
            EventLog.tell(note)
        }
        grace = .seconds(try invocation.value(Options.shutdownGrace))
        Self.prepareProcess()
        let traced = tracer.map { TracingGateway(gateway, tracer: $0, worker: name) }
        worker = Worker(
            configuration: configuration, gateway: traced ?? gateway, handlers: handlers.handlers)
    }

    private static func prepareProcess() {
        let removed = ProgramIsolation.prepareWorker()
        guard removed.folders > 0 else { return }
        EventLog.tell(
            Note(
                "cleaned up after dead workers: temporary folders removed: \(removed.folders), processes killed: "
                    + "\(removed.processes)"))
    }

    /// Starts to take jobs.
    func start() {
        EventLog.tell("working on \(queues.map { "\($0.name)=\($0.slots)" }.joined(separator: ","))")
        worker.start()
    }

    /// Takes no more jobs, lets the running ones finish within the grace, and gives the rest back.
    func stop() async {
        await worker.shutdown(grace: grace)
    }

    // MARK: Handlers

    /// The handlers file that the settings name.
    ///
    /// - Throws: ``UsageError`` if they name none.
    static func requiredHandlers(_ invocation: Invocation) throws -> HandlersFile {
        guard let handlers = try handlers(invocation) else {
            throw UsageError(
                "--handlers is missing: the file that tells which program does which kind of job",
                command: invocation.command.name)
        }
        return handlers
    }

    /// The handlers file that the settings name; nil if they name none.
    static func handlers(_ invocation: Invocation) throws -> HandlersFile? {
        guard let path = try invocation.value(Options.handlers) else { return nil }
        let maxBytes = try invocation.value(Options.maxPayloadBytes)
        do {
            var handlers = try HandlersFile.load(path: path)
            if invocation.settings.isGiven(Options.maxPayloadBytes) { handlers.setMaxResultBytes(maxBytes) }
            return handlers
        } catch {
            var fault = invocation.settings.fault(Options.handlers, error.detail)
            fault.details = error.faults.map { "\($0.pointer): \($0.message)" }
            throw fault
        }
    }

    /// The queues that the handlers name, each with as many slots as they run at once.
    private static func queues(of handlers: HandlersFile) -> [QueueSlots] {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let programs = Dictionary(grouping: handlers.programs) { $0.queue ?? "default" }
        let queues = programs.map { name, programs in
            // Those that name no bound share one slot for each core.
            let shared = programs.contains { $0.concurrency == nil } ? cores : 0
            let slots = programs.reduce(shared) { $0 + ($1.concurrency ?? 0) }
            return QueueSlots(name: name, slots: slots)
        }
        return queues.isEmpty
            ? [QueueSlots(name: "default", slots: cores)] : queues.sorted { $0.name < $1.name }
    }
}
