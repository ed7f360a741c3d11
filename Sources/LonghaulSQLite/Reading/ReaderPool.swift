import CSQLite
import LonghaulCore
import LonghaulThreads
import Synchronization

/// Threads that read, each with a connection of its own. A read sees one state of the database: all that was
/// committed before it began.
final class ReaderPool: Sendable {
    private static let begin = Query("BEGIN")
    private static let end = Query("ROLLBACK")

    let inbox = Inbox<any Call<JobLoader>>()
    private let running = Mutex(0)
    private let finished = Latch()

    /// Starts the threads, each on a connection that `open` makes.
    init(threads: Int, open: () throws -> Connection) throws {
        for _ in 0..<max(1, threads) {
            let connection = Owned(try open())
            running.withLock { $0 += 1 }
            // The thread keeps the pool alive: it is stopped by its owner, not by being forgotten.
            let started = OwnThread.start {
                while let calls = self.inbox.take(upTo: 1, weight: \.weight) {
                    for call in calls { Self.run(call, on: connection.value) }
                }
                connection.value.close()
                self.noteEnd()
            }
            guard started else {
                noteEnd()
                inbox.close()
                throw LonghaulError(.unavailable, "the system has no thread for the store")
            }
        }
    }

    /// A connection on its way to the thread that will own it.
    private struct Owned: @unchecked Sendable {
        let value: Connection

        init(_ value: Connection) {
            self.value = value
        }
    }

    /// Takes no further calls; the threads end after those that wait.
    func stop() {
        inbox.close()
    }

    /// Waits until every thread has closed its connection.
    func waitUntilStopped() async {
        await finished.wait()
    }

    private func noteEnd() {
        let left = running.withLock { running in
            running -= 1
            return running
        }
        if left == 0 { finished.open() }
    }

    private static func run(_ call: any Call<JobLoader>, on connection: Connection) {
        do {
            try connection.run(begin)
            do {
                try call.run(in: JobLoader(connection: connection))
            } catch {
                try connection.run(end)
                throw error
            }
            try connection.run(end)
            call.answer()
        } catch {
            call.fail(LonghaulError(error))
        }
    }
}
