import LonghaulCore
import LonghaulEngine
import LonghaulPostgres
import LonghaulSQLite
import LonghaulStore

/// An engine over the configured backends.
struct Backends: Sendable {
    let engine: Engine
    private let store: any JobStore
    private let queue: OpenQueue
    private let artifacts: OpenArtifacts
    private let webhooks: WebhookHost

    /// Runs `body` with an engine over the backends, and then closes them.
    ///
    /// - Parameter isServing: whether this process serves the metrics of the engine.
    /// - Throws: ``RunError`` naming the backend that cannot be opened, or the error of `body`.
    static func with(
        _ invocation: Invocation, isServing: Bool = true, _ body: (Engine) async throws -> Void
    ) async throws {
        let backends = try await open(invocation, isServing: isServing)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(backends.engine))
        } catch {
            outcome = .failure(error)
        }
        await backends.close()
        if case .success = outcome { EventLog.log("stopped") }
        await EventLog.flush()
        try outcome.get()
    }

    private static func open(_ invocation: Invocation, isServing: Bool) async throws -> Backends {
        let storeURL = try invocation.backend(Options.store, orIn: Options.storeFile)
        let queueURL = try invocation.backend(Options.queueBackend, orIn: Options.queueFile)
        let artifactsURL = try invocation.value(Options.artifacts)
        let webhooks = try WebhookHost(invocation, isServing: isServing)
        let alerts = try DeadLetterWebhook(invocation, sender: webhooks.sender)
        var configuration = try engineConfiguration(invocation)
        configuration.deliverDeadLetterAlert = alerts.deliver
        configuration.diskFolders = Self.diskFolders(store: storeURL, artifacts: artifactsURL)
        let retention = Retention(
            completedSeconds: try invocation.value(Options.retentionCompleted),
            failedSeconds: try invocation.value(Options.retentionFailed),
            cancelledSeconds: try invocation.value(Options.retentionCancelled))
        let time = SystemTime()
        let artifacts = try await naming(artifactsURL) { () async throws(LonghaulError) in
            try await OpenArtifacts(artifactsURL)
        }
        let store = try await naming(storeURL) { () async throws(LonghaulError) in
            try await openStore(storeURL, retention: retention, time: time, isServing: isServing)
        }
        let queue = try await naming(queueURL) { () async throws(LonghaulError) in
            try await OpenQueue(queueURL, time: time)
        }
        configuration.webhooks = try await naming(storeURL) { () async throws(LonghaulError) in
            try await webhooks.settings(over: store)
        }
        let engine = Engine(
            store: store, queue: queue.queue, artifacts: artifacts.store, configuration: configuration,
            time: time)
        do {
            try await engine.start()
        } catch {
            await queue.close()
            await store.close()
            await artifacts.close()
            await webhooks.close()
            throw RunError(
                "cannot start with \(storeURL): \((error as? LonghaulError)?.detail ?? "\(error)")")
        }
        return Backends(
            engine: engine, store: store, queue: queue, artifacts: artifacts, webhooks: webhooks)
    }

    /// Opens the store of a URL. A PostgreSQL store uses the clock of the database, which all servers share.
    ///
    /// - Parameter creates: whether an SQLite store that does not exist is created.
    static func openStore(
        _ url: BackendURL, retention: Retention, time: any TimeSource, isServing: Bool, creates: Bool = true
    ) async throws(LonghaulError) -> any JobStore {
        guard url.scheme == "postgres" else {
            var options = SQLiteStoreOptions(retention: retention)
            options.createsStore = creates
            let store = try SQLiteStore.openDriver(path: url.place, options: options, time: time)
            for path in store.driver.openPaths {
                EventLog.log(
                    Note(
                        "other users can access \(path), and the server cannot change its mode: run the server as the "
                            + "owner of the file, or set its mode to 0600", level: .warning))
            }
            return store
        }
        var (text, options) = try PostgresStoreOptions.separate(url.text)
        options.retention = retention
        options.isCounting = isServing
        return try await PostgresStore.open(url: text, options: options)
    }

    private func close() async {
        await webhooks.close()
        await engine.stop()
        await queue.close()
        await store.close()
        await artifacts.close()
    }

    private static func engineConfiguration(_ invocation: Invocation) throws -> EngineConfiguration {
        var configuration = EngineConfiguration()
        configuration.maxPayloadBytes = try invocation.value(Options.maxPayloadBytes)
        configuration.maxArtifactBytes = Int64(try invocation.value(Options.maxArtifactBytes))
        configuration.idempotencyTTLSeconds = try invocation.value(Options.idempotencyTTLSeconds)
        configuration.minFreeDiskBytes = try invocation.value(Options.minFreeDiskBytes).map(Int64.init)
        configuration.limits.attachments = try attachmentLimits(invocation)
        configuration.limits.journal.outputBytes = configuration.maxPayloadBytes
        configuration.limits.journal.operations = try invocation.value(Options.maxJobOperations)
        configuration.limits.journal.bytes = Int64(try invocation.value(Options.maxJobJournalBytes))
        configuration.maxBatchEdges = try invocation.value(Options.maxBatchEdges)
        configuration.limits.maxDepth = try invocation.value(Options.maxDepth)
        configuration.limits.webhookRetrySeconds = try invocation.value(Options.webhookRetrySeconds)
        configuration.limits.maxQueues = try invocation.value(Options.maxQueues)
        configuration.queueRetentionSeconds = try invocation.value(Options.queueRetentionSeconds)
        configuration.auditRetentionSeconds = try invocation.value(Options.auditDays) * 86_400
        configuration.metricsLabels = try invocation.value(Options.metricsLabels)
        let ageing = try invocation.value(Options.ageingSeconds)
        configuration.limits.ageingSeconds = ageing > 0 ? ageing : nil
        configuration.eventBuffer = try invocation.value(Options.eventBuffer)
        configuration.deadLetterAlertRate = try invocation.value(Options.deadLetterAlertRate)
        return configuration
    }

    private static func attachmentLimits(_ invocation: Invocation) throws -> AttachmentLimits {
        var limits = AttachmentLimits()
        limits.artifacts = try invocation.value(Options.maxJobArtifacts)
        limits.artifactBytes = Int64(try invocation.value(Options.maxJobArtifactBytes))
        limits.logBytes = Int64(try invocation.value(Options.maxJobLogBytes))
        return limits
    }

    /// The folders that this server writes to: those of the artifacts and of an SQLite store.
    private static func diskFolders(store: BackendURL, artifacts: BackendURL) -> [String] {
        let files = artifacts.scheme == "file" ? [artifacts.place] : []
        guard store.scheme == "sqlite" else { return files }
        let end = store.place.lastIndex(of: "/")
        let folder = end.map { String(store.place[...$0]) } ?? "."
        return files == [folder] ? [folder] : [folder] + files
    }

    private static func naming<Value>(
        _ url: BackendURL, _ open: () async throws(LonghaulError) -> Value
    ) async throws(RunError) -> Value {
        do {
            return try await open()
        } catch {
            throw RunError("cannot open \(url): \(error.detail)")
        }
    }
}
