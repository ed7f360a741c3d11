import CLibPQ
import Glibc
import LonghaulConcurrency
import LonghaulCore
import LonghaulStore

/// A connection to the server, in pipeline mode, with its statements kept prepared.
///
/// It blocks in `poll`, never in libpq. One thread at a time uses it.
final class Connection {
    /// The timeout of one round trip, in seconds. After it, the connection counts as lost.
    private static let exchangeSeconds = 60.0
    /// The silence, in seconds, after which a new connection tests whether the server can be reached.
    private static let silenceSeconds = 5.0

    private let handle: OpaquePointer
    private let target: ConnectionTarget
    private var prepared: Set<Int> = []
    /// Whether a round trip was interrupted, so that the connection cannot be used any more.
    private(set) var isBroken = false

    /// The schema of the store's tables.
    var schema: String { target.schema }

    /// Connects.
    init(_ target: ConnectionTarget) throws(PostgresError) {
        self.target = target
        handle = try target.connect()
        // From here on, `deinit` closes the connection if an error is thrown.
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            throw PostgresError.lost(Self.message(of: handle))
        }
        try insistOnDurability()
        for setting in target.settings { try run(Request(Query(once: "SET " + setting))) }
    }

    deinit {
        PQfinish(handle)
    }

    /// The last message of libpq.
    static func message(of handle: OpaquePointer) -> String {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        return text.isEmpty
            ? "the connection to PostgreSQL was lost" : String(text.dropLast(text.hasSuffix("\n") ? 1 : 0))
    }

    private static let durability = Query("SHOW synchronous_commit")
    private static let insistence = Query("SET synchronous_commit = on")

    /// An acknowledged job is durable, independent of the server's default.
    private func insistOnDurability() throws(PostgresError) {
        var row = try run(Request(Self.durability)).first
        if row?.text() == "off" { try run(Request(Self.insistence)) }
    }

    private static let rollingBack = Query("ROLLBACK")

    /// Rolls back the current transaction and releases its locks.
    func rollBack() throws(PostgresError) {
        try run(Request(Self.rollingBack))
    }

    /// Runs one statement.
    @discardableResult
    func run(_ request: Request) throws(PostgresError) -> Rows {
        let answers = try run([request])
        return answers[0]
    }

    /// Sends all statements at once and returns their results. After the first error, the remaining statements do not
    /// run. Outside `BEGIN`, the statements are one transaction.
    @discardableResult
    func run(_ requests: [Request]) throws(PostgresError) -> [Rows] {
        guard !isBroken else { throw PostgresError.lost("the connection to PostgreSQL was lost") }
        do {
            return try exchange(requests)
        } catch {
            if error.state == nil || PQstatus(handle) == CONNECTION_BAD { isBroken = true }
            throw error
        }
    }

    private func exchange(_ requests: [Request]) throws(PostgresError) -> [Rows] {
        var isPreparing: [Bool] = []
        var sent = prepared
        for request in requests { isPreparing.append(try send(request, prepared: &sent)) }
        guard PQpipelineSync(handle) == 1 else { throw PostgresError.lost(Self.message(of: handle)) }
        let deadline = Self.seconds() + Self.exchangeSeconds
        var answers: [Rows] = []
        var fault: PostgresError?
        for (request, isPreparing) in zip(requests, isPreparing) {
            if isPreparing, try answer(to: request, until: deadline, fault: &fault) != nil {
                prepared.insert(request.query.number)
            }
            if let rows = try answer(to: request, until: deadline, fault: &fault) { answers.append(rows) }
        }
        PQclear(try result(until: deadline))
        if let fault { throw fault }
        return answers
    }

    /// Sends a statement. Returns whether it had to be prepared first.
    private func send(_ request: Request, prepared: inout Set<Int>) throws(PostgresError) -> Bool {
        let query = request.query
        guard target.preparesStatements, query.isKept else {
            try send(request, as: nil)
            return false
        }
        let name = "longhaul_\(query.number)"
        let isNew = prepared.insert(query.number).inserted
        if isNew {
            guard PQsendPrepare(handle, name, target.resolve(query.sql), 0, nil) == 1 else {
                throw PostgresError.lost(Self.message(of: handle))
            }
        }
        try send(request, as: name)
        return isNew
    }

    private func send(_ request: Request, as name: String?) throws(PostgresError) {
        let parameters = request.parameters
        // One buffer for all of them: their addresses must hold until libpq has copied them.
        var buffer: [UInt8] = []
        buffer.reserveCapacity(parameters.reduce(1) { $0 + ($1.count ?? 0) })
        for parameter in parameters {
            buffer += parameter.header
            if let bytes = parameter.bytes { buffer += bytes }
        }
        buffer.append(0)
        let lengths = parameters.map { Int32($0.count ?? 0) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        let code = buffer.withUnsafeBytes { bytes in
            var place = 0
            let values: [UnsafePointer<CChar>?] = parameters.map { parameter in
                guard let count = parameter.count else { return nil }
                defer { place += count }
                return bytes.baseAddress?.advanced(by: place).assumingMemoryBound(to: CChar.self)
            }
            let count = Int32(parameters.count)
            guard let name else {
                return PQsendQueryParams(
                    handle, target.resolve(request.query.sql), count, nil, values, lengths, formats, 1)
            }
            return PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
        }
        guard code == 1 else { throw PostgresError.lost(Self.message(of: handle)) }
    }

    /// The result of one statement; nil if it or an earlier one failed.
    private func answer(
        to request: Request, until deadline: Double, fault: inout PostgresError?
    ) throws(PostgresError) -> Rows? {
        let first = try result(until: deadline)
        // libpq ends each statement's results with a null result.
        if let more = try optionalResult(until: deadline) { PQclear(more) }
        switch PQresultStatus(first) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
            return Rows(first)
        default:
            defer { PQclear(first) }
            if fault == nil { fault = Self.error(of: first, sql: request.query.sql) }
            return nil
        }
    }

    private static func error(of result: OpaquePointer, sql: String) -> PostgresError {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        return PostgresError(
            state: field("C"),
            message: field("M") ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "",
            constraint: field("n"), sql: sql)
    }

    private func result(until deadline: Double) throws(PostgresError) -> OpaquePointer {
        guard let result = try optionalResult(until: deadline) else {
            throw PostgresError.lost(Self.message(of: handle))
        }
        return result
    }

    private func optionalResult(until deadline: Double) throws(PostgresError) -> OpaquePointer? {
        while true {
            let unsent = PQflush(handle)
            guard unsent >= 0 else { throw PostgresError.lost(Self.message(of: handle)) }
            if PQisBusy(handle) == 0 { return PQgetResult(handle) }
            try wait(for: Int16(POLLIN) | (unsent == 1 ? Int16(POLLOUT) : 0), until: deadline)
            guard PQconsumeInput(handle) == 1 else { throw PostgresError.lost(Self.message(of: handle)) }
        }
    }

    /// Waits for the socket. If the server is silent, a second connection shows whether it is busy with a long
    /// statement or unreachable.
    private func wait(for events: Int16, until deadline: Double) throws(PostgresError) {
        while !Self.wait(
            PQsocket(handle), for: events, until: min(deadline, Self.seconds() + Self.silenceSeconds))
        {
            guard Self.seconds() < deadline else {
                throw PostgresError.lost(
                    "PostgreSQL took longer than \(Int(Self.exchangeSeconds)) s to answer")
            }
            guard target.isReachable() else {
                throw PostgresError.lost("PostgreSQL does not answer, and accepts no new connection")
            }
        }
    }

    /// Waits until a descriptor is ready; false once the deadline has passed.
    static func wait(_ descriptor: Int32, for events: Int16, until deadline: Double) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let left = deadline - seconds()
            guard left > 0 else { return false }
            let code = poll(&entry, 1, Int32(min(left * 1000 + 1, 1000)))
            // Waiting for PostgreSQL is not a hang of this process: calls fail by their own deadlines.
            WorkMeter.tickThread()
            if code > 0 { return true }
            guard code == 0 || errno == EINTR else { return true }
        }
    }

    /// Seconds on a clock that never steps.
    static func seconds() -> Double {
        var value = timespec()
        clock_gettime(CLOCK_MONOTONIC, &value)
        return Double(value.tv_sec) + Double(value.tv_nsec) / 1e9
    }
}

/// Notifications, for a connection that listens.
extension Connection {
    /// The connection's socket, to wait on.
    var descriptor: Int32 { PQsocket(handle) }

    /// The received notifications, oldest first.
    func notifications() throws(PostgresError) -> [(channel: String, payload: String)] {
        guard PQconsumeInput(handle) == 1 else {
            isBroken = true
            throw PostgresError.lost(Self.message(of: handle))
        }
        var found: [(String, String)] = []
        while let notification = PQnotifies(handle) {
            found.append(
                (String(cString: notification.pointee.relname), String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
        return found
    }
}
