/// The groups of options that several commands share.
extension Options {

    /// The options of commands that call a server.
    static let client: [any DeclaredOption] = [server, caFile, clientCertificate, clientKey, keyFile]
    /// The options of commands that open the backends.
    static let backends: [any DeclaredOption] =
        [
            store, storeFile, queueBackend, queueFile, artifacts, maxPayloadBytes, maxArtifactBytes,
            maxJobArtifactBytes, maxJobArtifacts, maxJobOperations, maxJobJournalBytes, maxJobLogBytes,
            minFreeDiskBytes,
            idempotencyTTLSeconds, maxBatchEdges,
            maxDepth, maxQueues, queueRetentionSeconds, auditDays, metricsLabels, ageingSeconds,
            deadLetterAlertRate, deadLetterAlertURL, eventBuffer,
            retentionCompleted, retentionFailed, retentionCancelled,
        ] + webhooks
    /// The options of commands that listen.
    static let listening: [any DeclaredOption] =
        [
            listen, socketMode, tlsCertificate, tlsKey, tlsClientCA, strictTransportSeconds, apiKeysFile,
            openMetrics,
            allowedHosts, corsOrigins, traceLink, maxConnections,
            maxConnectionsPerAddress, maxBodyMemoryBytes,
            maxAnswerMemoryBytes, maxBatchBytes, minTransferRate, bodyTimeoutSeconds, sendTimeoutSeconds,
            requestRate, maxEventStreams, maxEventStreamsPerClient, watchdogSeconds,
        ] + stateMachines
    /// The options of long-running commands.
    static let observability: [any DeclaredOption] = [logFormat, otlpEndpoint]
    /// The options of commands that run jobs.
    static let working: [any DeclaredOption] = [
        handlers, queues, labels, name, leaseSeconds, heartbeatSeconds, pollSeconds, workerOutageSeconds,
    ]
}
