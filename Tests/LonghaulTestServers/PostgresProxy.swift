import Foundation
import Synchronization

/// A proxy in front of a PostgreSQL server that reads the messages of both sides. It can make a statement fail, change its
/// text, or close the connection that sends it.
///
/// A statement fails at the server, so that the server aborts the transaction. The proxy only changes the code of the
/// error.
///
/// ```swift
/// let proxy = try PostgresProxy(to: server)
/// proxy.onStatement { $0.sql.hasPrefix("COMMIT") ? .fail(code: "40001") : .pass }
/// ```
public final class PostgresProxy: Sendable {
    /// A statement that a client is about to execute.
    public struct Statement: Sendable {
        /// The text.
        public let sql: String
        /// The texts that the connection has executed before.
        public let earlier: Set<String>
    }

    /// What happens to a statement.
    public enum Action: Sendable {
        /// The server executes it.
        case pass
        /// It fails with this SQLSTATE, without being executed.
        case fail(code: String)
        /// The connection is closed.
        case disconnect
    }

    private struct State {
        var action: @Sendable (Statement) -> Action = { _ in .pass }
        var replacements: [String: String] = [:]
        var sessions: [ProxySession] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let listener: Int32
    private let folder = serverFolder("pgproxy")
    private let target: String

    /// Starts a proxy on a socket in a folder of its own.
    public init(to server: PostgresServer) throws {
        target = Self.socketPath(in: server.folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let code = withSocketAddress(Self.socketPath(in: folder)) { bind(listener, $0, $1) }
        guard code == 0, listen(listener, 128) == 0 else {
            throw ServerFailure(description: "the proxy cannot listen: errno \(errno)")
        }
        Thread.detachNewThread { [self] in accept() }
    }

    private static func socketPath(in folder: String) -> String { folder + "/.s.PGSQL.5432" }

    /// The URL of the server's database through the proxy.
    public var url: String { postgresURL(folder) }

    /// Sets the function that decides about each statement. The proxy calls it on its own threads.
    public func onStatement(_ action: @escaping @Sendable (Statement) -> Action) {
        state.withLock { $0.action = action }
    }

    /// Makes clients prepare and execute `new` where they send `old`.
    public func replace(_ old: String, with new: String) {
        state.withLock { $0.replacements[old] = new }
    }

    /// Closes the connections that have executed a matching statement.
    public func disconnect(where matches: (String) -> Bool) {
        let sessions = state.withLock(\.sessions)
        for session in sessions where session.executed.contains(where: matches) { session.close() }
    }

    /// Closes all connections, and accepts no more.
    public func stop() {
        let sessions = state.withLock { state in
            state.isClosed = true
            return state.sessions
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for session in sessions { session.close() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func accept() {
        while true {
            let near = Glibc.accept(listener, nil, nil)
            guard near >= 0 else { break }
            let far = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            let session = ProxySession(near: near, far: far, proxy: self)
            let code = withSocketAddress(target) { connect(far, $0, $1) }
            let isClosed = state.withLock { state in
                state.sessions.append(session)
                return state.isClosed
            }
            guard code == 0, !isClosed else {
                session.close()
                session.finish()
                continue
            }
            session.start()
        }
        close(listener)
    }

    func action(for statement: Statement) -> Action { state.withLock(\.action)(statement) }

    func replacement(for sql: String) -> String? { state.withLock { $0.replacements[sql] } }

    func forget(_ session: ProxySession) {
        state.withLock { state in state.sessions.removeAll { $0 === session } }
    }
}

/// Calls a function with the address of a Unix socket.
private func withSocketAddress<Value>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value)
    -> Value
{
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8.prefix(107))) }
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
