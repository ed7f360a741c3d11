import LonghaulCore
import LonghaulWorker

/// A worker as the settings describe it.
struct WorkerHost: Sendable {
    init(_ invocation: Invocation, handlers: HandlersFile, gateway: any WorkerGateway) throws {
    }
    func run(until signals: AsyncStream<Int32>) async throws { await signals.untilFirst() }

    static func requiredHandlers(_ invocation: Invocation) throws -> HandlersFile {
        guard let handlers = try handlers(invocation) else {
            throw UsageError("--handlers is missing: which program does which kind of job", command: "worker")
        }
        return handlers
    }

    static func handlers(_ invocation: Invocation) throws -> HandlersFile? {
        try invocation.value(Options.handlers).map { try HandlersFile.load(path: $0) }
    }
}
