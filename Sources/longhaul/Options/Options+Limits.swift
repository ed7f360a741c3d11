extension Options {
    // MARK: Limits of clients

    static let maxConnections = Option.value(
        "max-connections", "N", .integer(1...1_000_000), default: 4_096, setting: true,
        "The maximum number of open connections. Beyond it, a new connection replaces an idle one.")
    static let maxConnectionsPerAddress = Option.value(
        "max-connections-per-address", "N", .integer(1...1_000_000), default: 3_072, setting: true,
        "The maximum number of open connections from one client address.")
    static let maxBodyMemoryBytes = Option.value(
        "max-body-memory-bytes", "N", .integer(1_048_576...(1 << 40)), default: 128 << 20, setting: true,
        "The maximum memory for the bodies of all requests, in bytes.")
    static let maxAnswerMemoryBytes = Option.value(
        "max-answer-memory-bytes", "N", .integer(1_048_576...(1 << 40)), default: 64 << 20, setting: true,
        "The maximum memory for the large answers to all requests, in bytes.")
    static let maxBatchBytes = Option.value(
        "max-batch-bytes", "N", .integer(65_536...(64 << 20)), default: 16 << 20, setting: true,
        "The maximum size of a request with many jobs, such as a batch, in bytes.")
    static let minTransferRate = Option.value(
        "min-transfer-rate", "N", .integer(0...1_000_000_000), default: 500, setting: true,
        "The minimum rate at which a client sends a body or reads a large answer, in bytes per second; 0 for none."
    )
    static let bodyTimeoutSeconds = Option.value(
        "body-timeout-seconds", "TIME", .seconds(atLeast: 0.1, atMost: 3600), default: 20, setting: true,
        "How long a body may pause, or fall behind --min-transfer-rate.")
    static let sendTimeoutSeconds = Option.value(
        "send-timeout-seconds", "TIME", .seconds(atLeast: 1, atMost: 3600), default: 60, setting: true,
        "How long a client may read nothing, or read a large answer more slowly than --min-transfer-rate, in "
            + "seconds.")
    static let requestRate = Option.value(
        "request-rate", "N", .integer(0...1_000_000_000), default: 0, setting: true,
        "The maximum number of requests per second with one API key, or from one client address without a key; 0 for no "
            + "limit. The limit does not apply to health checks and workers.")
}
