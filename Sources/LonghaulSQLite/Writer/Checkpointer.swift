import LonghaulConcurrency
import Synchronization

/// A thread with a connection of its own that copies the write-ahead log into the database.
final class Checkpointer: @unchecked Sendable {
    private static let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)"

    private let connection: Connection
    private let requests = Inbox<Void>()
    private let ended = Event<Void>()
    private let isWorking = Atomic(false)

    /// - Parameter connection: used by the thread alone once it has started.
    init(_ connection: Connection) {
        self.connection = connection
    }

    /// Whether no checkpoint is under way.
    var isIdle: Bool { !isWorking.load(ordering: .acquiring) }

    /// Starts the thread; false if the system has none left.
    func start() -> Bool {
        BlockingThread.start("lh-checkpointer") {
            while self.requests.take() != nil {
                // A failed checkpoint leaves the log unchanged. The next one copies more.
                try? self.connection.execute(Self.checkpoint)
                self.isWorking.store(false, ordering: .releasing)
            }
            self.connection.close()
            self.ended.fire()
        }
    }

    /// Starts a checkpoint.
    func run() {
        isWorking.store(true, ordering: .releasing)
        requests.put(())
    }

    /// Runs a checkpoint on the writer's thread and connection.
    static func run(on connection: Connection) {
        try? connection.execute(checkpoint)
    }

    /// Ends the thread and waits until its connection is closed.
    func stop() {
        requests.close()
        ended.waitOnThread()
    }
}
