import LonghaulClient
import LonghaulCore
import LonghaulWorker

extension Commands {
    private static let servingNote =
        "The first line on standard output is JSON with the address: {\"listening\": \"http://127.0.0.1:8080\"}. "
        + "The log goes to standard error."
    private static let stoppingNote =
        "SIGTERM and SIGINT stop it gracefully. A second signal ends it at once."

    /// The maximum time between a signal and the end of the process, in seconds: the grace period, the time that
    /// handlers need to end, and the time to close the backends.
    private static func stopLimit(_ invocation: Invocation, _ handlers: HandlersFile? = nil) throws -> Double
    {
        let closing = 12.0
        let reporting = 30.0
        let ending =
            handlers.map { file in
                (file.programs.map(\.killGraceSeconds).max() ?? 0) + reporting
            } ?? 0
        return try invocation.value(Options.shutdownGrace) + ending + closing
    }

    static let serve = Command(
        name: "serve", summary: "Serves the API.",
        options: Options.listening + Options.backends + Options.observability + [Options.shutdownGrace],
        notes: [servingNote, stoppingNote]
    ) { invocation in
        let signals = try ShutdownSignals.install(limit: try stopLimit(invocation))
        let watchdog = try ForcedEnd.startWatchdog(invocation)
        try await Telemetry.with(invocation, service: "longhaul-server") { tracer in
            try await Backends.with(invocation) { engine in
                let executions = try ExecutionsHost(invocation, engine: engine)
                let server = try ServerHost(
                    invocation, engine: engine, stepFunctions: executions.stepFunctions, tracer: tracer,
                    watchdog: watchdog)
                try await server.start()
                executions.start()
                await signals.untilFirst()
                async let stopped: Void = executions.stop()
                await server.stop()
                await stopped
            }
        }
        return .done
    }

    private static let workerOptions: [any DeclaredOption] =
        Options.observability + [Options.shutdownGrace, Options.stopWithInput]

    static let worker = Command(
        name: "worker", summary: "Runs jobs from a server, or directly from the backends.",
        options: Options.working + Options.client + Options.backends + workerOptions,
        notes: [
            "With --store or --store-file instead of --server, it opens the backends itself; longhaul worker --store URL "
                + "--help shows the options of that.", stoppingNote,
        ],
        helpOptions: { line in
            let opensBackends = [Options.store.declaration, Options.storeFile.declaration].contains {
                line.options[$0.name] != nil
            }
            let others: [any DeclaredOption] =
                opensBackends ? Options.backends : Options.client + [Options.store, Options.storeFile]
            return Options.working + others + workerOptions
        }
    ) { invocation in
        let onBackends =
            invocation.settings.isGiven(Options.store) || invocation.settings.isGiven(Options.storeFile)
        if onBackends, invocation.settings.isGiven(Options.server) {
            throw UsageError("--server and --store exclude each other", command: "worker")
        }
        let handlers = try WorkerHost.requiredHandlers(invocation)
        let signals = try ShutdownSignals.install(
            withInput: try invocation.value(Options.stopWithInput), limit: try stopLimit(invocation, handlers)
        )
        try await Telemetry.with(invocation, service: "longhaul-worker") { tracer in
            func work(_ gateway: any WorkerGateway) async throws {
                let worker = try WorkerHost(
                    invocation, handlers: handlers, gateway: gateway, tracer: tracer)
                worker.start()
                await signals.untilFirst()
                await worker.stop()
            }
            if onBackends {
                try await Backends.with(invocation, isServing: false, work)
            } else {
                try await invocation.withClient { client in
                    EventLog.log("working for \(client.server)")
                    try await work(client)
                }
                EventLog.log("stopped")
            }
        }
        await EventLog.flush()
        return .done
    }

    static let up = Command(
        name: "up", summary: "Serves the API and runs jobs, both in one process.",
        options: Options.listening + Options.backends + Options.working + Options.observability
            + [Options.shutdownGrace],
        notes: ["Without --handlers, it only serves the API.", servingNote, stoppingNote]
    ) { invocation in
        let handlers = try WorkerHost.handlers(invocation)
        let signals = try ShutdownSignals.install(limit: try stopLimit(invocation, handlers))
        let watchdog = try ForcedEnd.startWatchdog(invocation)
        try await Telemetry.with(invocation, service: "longhaul") { tracer in
            try await Backends.with(invocation) { engine in
                let executions = try ExecutionsHost(invocation, engine: engine)
                let server = try ServerHost(
                    invocation, engine: engine, stepFunctions: executions.stepFunctions, tracer: tracer,
                    watchdog: watchdog)
                let worker = try handlers.map {
                    try WorkerHost(invocation, handlers: $0, gateway: engine, tracer: tracer)
                }
                try await server.start()
                if worker == nil { EventLog.log("no --handlers: serving the API only") }
                executions.start()
                worker?.start()
                await signals.untilFirst()
                async let stopped: Void? = worker?.stop()
                async let executionsStopped: Void = executions.stop()
                await server.stop()
                await stopped
                await executionsStopped
            }
        }
        return .done
    }
}
