import LonghaulCore
import Synchronization

/// SIGHUP: calls the functions that read files again, such as the certificate of a server.
enum ReloadSignal {
    private static let handlers = Mutex<[(name: String, reload: @Sendable () -> Void)]>([])

    /// Adds a function for the rest of the process.
    ///
    /// - Parameters:
    ///   - name: what it reloads, for the log.
    ///   - reload: called on the thread of the signals, which it must not block.
    static func add(_ name: String, _ reload: @escaping @Sendable () -> Void) {
        handlers.withLock { $0.append((name, reload)) }
    }

    /// Handles a signal.
    static func handle() {
        let handlers = handlers.withLock { $0 }
        if handlers.isEmpty {
            EventLog.log("SIGHUP: nothing to reload; settings are read only at the start")
        } else {
            EventLog.log(Note("SIGHUP: reloading \(handlers.map(\.name).joined(separator: " and "))"))
        }
        for handler in handlers { handler.reload() }
    }
}
