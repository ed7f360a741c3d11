import Foundation
import Synchronization

/// One connection through a ``PostgresProxy``, with a thread for each direction.
final class ProxySession: Sendable {
    private struct State {
        /// The texts of prepared statements by name.
        var texts: [[UInt8]: String] = [:]
        var executed: Set<String> = []
        /// The codes of the errors that the proxy caused since the last answer was complete.
        var codes: [String] = []
        var openDirections = 2
    }

    private let near: Int32
    private let far: Int32
    private let proxy: PostgresProxy
    private let state = Mutex(State())

    init(near: Int32, far: Int32, proxy: PostgresProxy) {
        self.near = near
        self.far = far
        self.proxy = proxy
    }

    /// The texts of the statements that were executed.
    var executed: Set<String> { state.withLock(\.executed) }

    func start() {
        Thread.detachNewThread { [self] in
            forward(from: near, to: far, hasStartup: true, fromClient)
            finish()
        }
        Thread.detachNewThread { [self] in
            forward(from: far, to: near, hasStartup: false, fromServer)
            finish()
        }
    }

    /// Ends both directions.
    func close() {
        shutdown(near, Int32(SHUT_RDWR))
        shutdown(far, Int32(SHUT_RDWR))
    }

    /// Closes the descriptors when no direction uses them any more.
    func finish() {
        let isLast = state.withLock { state in
            state.openDirections -= 1
            return state.openDirections == 0
        }
        guard isLast else { return }
        Glibc.close(near)
        Glibc.close(far)
        proxy.forget(self)
    }

    // MARK: Messages

    /// Forwards messages until one end is closed, and then closes both.
    ///
    /// - Parameters:
    ///   - hasStartup: whether the first message has no type.
    ///   - change: returns the message to forward for a type and a body; nil closes the connection.
    private func forward(
        from source: Int32, to sink: Int32, hasStartup: Bool, _ change: (UInt8, [UInt8]) -> [UInt8]?
    ) {
        defer { close() }
        if hasStartup {
            guard let head = read(4, from: source), let body = read(Self.length(head) - 4, from: source),
                write(head + body, to: sink)
            else { return }
        }
        while let head = read(5, from: source),
            let body = read(Self.length(head.dropFirst()) - 4, from: source)
        {
            guard let message = change(head[0], body), write(message, to: sink) else { return }
        }
    }

    private func fromClient(_ type: UInt8, _ body: [UInt8]) -> [UInt8]? {
        let parts = body.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map { Array($0) }
        switch type {
        case UInt8(ascii: "P") where parts.count == 3:
            // Parse: the name, the text, and the types of the parameters.
            let text = String(decoding: parts[1], as: UTF8.self)
            let sql = proxy.replacement(for: text) ?? text
            state.withLock { $0.texts[parts[0]] = sql }
            return Self.message(type, parts[0] + [0] + Array(sql.utf8) + [0] + parts[2])
        case UInt8(ascii: "B") where parts.count == 3:
            // Bind: the portal, the name of the statement, and the parameters.
            let (sql, earlier) = state.withLock { ($0.texts[parts[1]] ?? "", $0.executed) }
            switch proxy.action(for: PostgresProxy.Statement(sql: sql, earlier: earlier)) {
            case .pass:
                state.withLock { _ = $0.executed.insert(sql) }
                return Self.message(type, body)
            case .disconnect: return nil
            case .fail(let code):
                state.withLock { $0.codes.append(code) }
                // The server rejects a statement that does not exist, and aborts the transaction.
                return Self.message(type, [0] + Array("no_such_statement".utf8) + [0, 0, 0, 0, 0, 0, 0])
            }
        default: return Self.message(type, body)
        }
    }

    private func fromServer(_ type: UInt8, _ body: [UInt8]) -> [UInt8]? {
        switch type {
        case UInt8(ascii: "E"):
            let code = state.withLock { $0.codes.isEmpty ? nil : $0.codes.removeFirst() }
            guard let code else { break }
            let fields = ["SERROR", "VERROR", "C" + code, "Mthe proxy made the statement fail"]
            return Self.message(type, fields.flatMap { Array($0.utf8) + [0] } + [0])
        case UInt8(ascii: "Z"):
            // The client has the whole answer. A statement that was never reached has no error.
            state.withLock { $0.codes = [] }
        default: break
        }
        return Self.message(type, body)
    }

    private static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = UInt32(body.count + 4)
        return [type] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + body
    }

    private static func length(_ bytes: some Sequence<UInt8>) -> Int {
        bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    // MARK: Bytes

    private func read(_ count: Int, from descriptor: Int32) -> [UInt8]? {
        guard count >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress?.advanced(by: done), count - done, 0)
            }
            guard read > 0 else { return nil }
            done += read
        }
        return bytes
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            guard written > 0 else { return false }
            done += written
        }
        return true
    }
}
