import CHiredis
import Glibc
import LonghaulCore

/// One connection to a Redis server, over hiredis. Used by one thread; its calls block.
final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    private var isOpen = true

    /// How long connecting, and any answer beyond what a command itself waits for, may take.
    private static let patience = timeval(tv_sec: 5, tv_usec: 0)

    /// Connects.
    ///
    /// - Throws: `unavailable`.
    init(host: String, port: Int) throws(LonghaulError) {
        guard let context = redisConnectWithTimeout(host, Int32(port), Self.patience) else {
            throw LonghaulError(.unavailable, "Redis at \(host):\(port): out of memory")
        }
        guard context.pointee.err == 0 else {
            let fault = Self.fault(context)
            redisFree(context)
            throw LonghaulError(
                .unavailable, "Redis at \(host):\(port) cannot be reached: \(fault)", retryAfterSeconds: 1)
        }
        self.context = context
        redisSetTimeout(context, Self.patience)
        redisEnableKeepAlive(context)
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        redisFree(context)
    }

    private static func fault(_ context: UnsafePointer<redisContext>) -> String {
        longhaul_redis_error(context).map { String(cString: $0) } ?? "unknown"
    }

    /// Sends commands together and answers each, in order. An error that Redis answers is a value.
    ///
    /// - Throws: `unavailable` if the connection breaks or an answer does not come in time.
    func run(_ commands: [[String]]) throws(LonghaulError) -> [RedisValue] {
        for command in commands { try append(command) }
        var answers: [RedisValue] = []
        answers.reserveCapacity(commands.count)
        for _ in commands { answers.append(try next()) }
        return answers
    }

    /// Sends one command.
    ///
    /// - Throws: `unavailable`, also for an error that Redis answers.
    @discardableResult
    func run(_ command: String...) throws(LonghaulError) -> RedisValue {
        try Self.good(try run([command])[0], command[0])
    }

    /// An answer that must not be an error.
    static func good(_ value: RedisValue, _ command: String) throws(LonghaulError) -> RedisValue {
        guard let message = value.error else { return value }
        throw LonghaulError(.unavailable, "Redis refused \(command): \(message)", retryAfterSeconds: 1)
    }

    private func append(_ command: [String]) throws(LonghaulError) {
        let arguments = command.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        var pointers = arguments.map { UnsafePointer<CChar>($0) }
        let lengths = command.map { $0.utf8.count }
        let code = redisAppendCommandArgv(context, Int32(command.count), &pointers, lengths)
        guard code == REDIS_OK else { throw broken() }
    }

    private func next() throws(LonghaulError) -> RedisValue {
        var reply: UnsafeMutableRawPointer?
        guard redisGetReply(context, &reply) == REDIS_OK, let reply else { throw broken() }
        defer { freeReplyObject(reply) }
        return RedisValue(reply.assumingMemoryBound(to: redisReply.self))
    }

    private func broken() -> LonghaulError {
        LonghaulError(
            .unavailable, "the connection to Redis broke: \(Self.fault(context))", retryAfterSeconds: 1)
    }
}
