import LonghaulCore
import LonghaulThreads
import Synchronization

/// Threads that read, each with a connection of its own.
final class ReaderPool: Sendable {
    let inbox = Inbox<any Call<Reader>>()
    private let running = Mutex(0)
    private let finished = Latch()

    /// Starts the threads. They connect when they are first needed.
    init(threads: Int, _ target: ConnectionTarget, clock: (any TimeSource)?) throws(LonghaulError) {
        for _ in 0..<max(1, threads) {
            running.withLock { $0 += 1 }
            let started = OwnThread.start {
                let session = Session(target)
                while let calls = self.inbox.take(upTo: 1, weight: \.weight) {
                    for call in calls { Self.run(call, session, clock) }
                }
                session.close()
                self.noteEnd()
            }
            guard started else {
                noteEnd()
                inbox.close()
                throw LonghaulError(.unavailable, "the system has no thread for the store")
            }
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

    private static func run(_ call: any Call<Reader>, _ session: Session, _ clock: (any TimeSource)?) {
        do {
            try session.use { try call.run(in: Reader(connection: $0, clock: clock)) }
            call.answer()
        } catch {
            call.fail(LonghaulError(error))
        }
    }
}
