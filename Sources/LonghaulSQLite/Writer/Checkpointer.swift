import LonghaulConcurrency
import Synchronization

/// A thread with a connection of its own that copies the write-ahead log into the database.
///
/// Without the thread, its owner calls ``runWaiting()`` for each checkpoint that was started.
final class Checkpointer: @unchecked Sendable {
    private static let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)"

    private let connection: Connection
    private let requests = Inbox<Void>()
    private let ended = Event<Void>()
    private let isWorking = Atomic(false)
    private var hasThread = false

    /// - Parameter connection: used by the thread alone once it has started.
    init(_ connection: Connection) {
        self.connection = connection
    }

    /// Whether no checkpoint is under way.
    var isIdle: Bool { !isWorking.load(ordering: .acquiring) }

    /// Starts the thread; false if the system has none left.
    func start() -> Bool {
        hasThread = BlockingThread.start("lh-checkpointer") {
            while self.requests.take() != nil { self.runStarted() }
            self.connection.close()
            self.ended.fire()
        }
        return hasThread
    }

    /// Starts a checkpoint.
    func run() {
        isWorking.store(true, ordering: .releasing)
        requests.put(())
    }

    /// Runs the checkpoint that was started, if any, on the calling thread.
    func runWaiting() {
        if requests.removeFirst() != nil { runStarted() }
    }

    private func runStarted() {
        Self.run(on: connection)
        isWorking.store(false, ordering: .releasing)
    }

    /// Runs a checkpoint on the calling thread.
    static func run(on connection: Connection) {
        // A failed checkpoint leaves the log unchanged. The next one copies more.
        try? connection.execute(checkpoint)
    }

    /// Ends the thread and waits until its connection is closed.
    func stop() {
        requests.close()
        guard hasThread else { return connection.close() }
        ended.waitOnThread()
    }
}
