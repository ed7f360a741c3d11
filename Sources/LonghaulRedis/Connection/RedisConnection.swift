import CHiredis
import Glibc
import LonghaulCore

/// One connection to a Redis server. hiredis connects, encodes and decodes; the bytes go through the socket, or through TLS,
/// which Debian's hiredis lacks. Used by one thread; its calls block.
final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    private let tls: TLSSession?
    private var isOpen = true
    private var outgoing: [UInt8] = []
    private var incoming = [UInt8](repeating: 0, count: 65_536)

    /// The timeout of connecting, and of an answer in addition to the wait of the command itself.
    private static let timeout = timeval(tv_sec: 5, tv_usec: 0)

    /// Connects.
    ///
    /// - Parameter tls: nil for a plain connection.
    /// - Throws: `unavailable`.
    init(host: String, port: Int, tls settings: RedisTLS?) throws(LonghaulError) {
        guard let context = redisConnectWithTimeout(host, Int32(port), Self.timeout) else {
            throw LonghaulError(.unavailable, "Redis at \(host):\(port): out of memory")
        }
        guard context.pointee.err == 0 else {
            let fault = longhaul_redis_error(context).map { String(cString: $0) } ?? "unknown"
            redisFree(context)
            throw LonghaulError(
                .unavailable, "Redis at \(host):\(port) cannot be reached: \(fault)", retryAfterSeconds: 1)
        }
        redisSetTimeout(context, Self.timeout)
        redisEnableKeepAlive(context)
        self.context = context
        do {
            tls = try settings.map { (settings) throws(LonghaulError) in
                try TLSSession(over: context.pointee.fd, host: host, settings)
            }
        } catch {
            redisFree(context)
            throw error
        }
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        redisFree(context)
    }

    /// Sends commands together and returns their answers in order. An error from Redis is a value.
    ///
    /// - Throws: `unavailable` if the connection breaks or an answer does not come in time.
    func run(_ commands: [[String]]) throws(LonghaulError) -> [RedisValue] {
        guard isOpen else { throw Self.broken("it is closed") }
        for command in commands { try append(command) }
        try send()
        var answers: [RedisValue] = []
        answers.reserveCapacity(commands.count)
        for _ in commands { answers.append(try next()) }
        return answers
    }

    /// Sends one command.
    ///
    /// - Throws: `unavailable`, also for an error from Redis.
    @discardableResult
    func run(_ command: String...) throws(LonghaulError) -> RedisValue {
        try Self.good(try run([command])[0], command[0])
    }

    /// An answer; throws if it is an error.
    static func good(_ value: RedisValue, _ command: String) throws(LonghaulError) -> RedisValue {
        guard let message = value.error else { return value }
        throw LonghaulError(.unavailable, "Redis rejected \(command): \(message)", retryAfterSeconds: 1)
    }

    // MARK: Bytes

    private func append(_ command: [String]) throws(LonghaulError) {
        let arguments = command.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        var pointers = arguments.map { UnsafePointer<CChar>($0) }
        let lengths = command.map { $0.utf8.count }
        var text: UnsafeMutablePointer<CChar>?
        let count = redisFormatCommandArgv(&text, Int32(command.count), &pointers, lengths)
        guard count >= 0, let text else { throw Self.broken("out of memory") }
        defer { redisFreeCommand(text) }
        outgoing += UnsafeRawBufferPointer(start: text, count: Int(count))
    }

    private func send() throws(LonghaulError) {
        defer { outgoing.removeAll(keepingCapacity: true) }
        var sent = 0
        while sent < outgoing.count {
            let count = outgoing.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return tls?.write(rest)
                    ?? Glibc.send(
                        context.pointee.fd, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, tls == nil, errno == EINTR { continue }
            guard count > 0 else { throw Self.broken(Self.fault()) }
            sent += count
        }
    }

    /// Reads the next answer.
    private func next() throws(LonghaulError) -> RedisValue {
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisReaderGetReply(context.pointee.reader, &reply) == REDIS_OK else {
                throw Self.broken("the reply is not in the Redis protocol")
            }
            if let reply {
                defer { freeReplyObject(reply) }
                return RedisValue(reply.assumingMemoryBound(to: redisReply.self))
            }
            let count = incoming.withUnsafeMutableBytes { bytes in
                tls?.read(into: bytes) ?? recv(context.pointee.fd, bytes.baseAddress, bytes.count, 0)
            }
            if count < 0, tls == nil, errno == EINTR { continue }
            guard count > 0 else { throw Self.broken(count == 0 ? "the server closed it" : Self.fault()) }
            guard redisReaderFeed(context.pointee.reader, incoming, count) == REDIS_OK else {
                throw Self.broken("out of memory")
            }
        }
    }

    private static func fault() -> String {
        errno == EAGAIN ? "timed out" : String(cString: strerror(errno))
    }

    private static func broken(_ reason: String) -> LonghaulError {
        LonghaulError(.unavailable, "the connection to Redis broke: \(reason)", retryAfterSeconds: 1)
    }
}
