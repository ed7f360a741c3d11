package import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// The resource with which a thread of a pool runs calls, such as a connection. Only that thread uses it.
package protocol CallPoolMember<Context> {
    associatedtype Context

    /// Runs a call, and answers it or fails it.
    func run(_ call: any Call<Context>)
    /// Releases its resources, after the last call.
    func close()
}

/// Threads that run calls, each with a member of its own.
package final class CallPool<Context>: Sendable {
    /// Where callers leave their calls.
    package let inbox: Inbox<any Call<Context>>
    private let meter: WorkMeter
    private let running = Mutex(0)
    private let finished = Event<Void>()

    /// Starts the threads, each with a member that `make` makes.
    ///
    /// - Parameter name: the component, for the watchdog and for the names of its threads.
    /// - Throws: what `make` throws, and `unavailable` if the system has no thread left.
    package init(_ name: String, threads: Int, _ make: () throws -> any CallPoolMember<Context>) throws {
        meter = WorkMeter(name)
        inbox = Inbox(meter: meter)
        // All members before the first thread: if one cannot be created, no thread waits.
        let members = try (0..<max(1, threads)).map { _ in Owned(try make()) }
        for member in members {
            running.withLock { $0 += 1 }
            // The thread keeps the pool alive: it is stopped by its owner, not by being forgotten.
            let started = BlockingThread.start("lh-reader", meter: meter) {
                while let call = self.inbox.take() {
                    member.value.run(call)
                    self.inbox.finish()
                }
                member.value.close()
                self.threadEnded()
            }
            guard started else {
                threadEnded()
                inbox.close()
                throw LonghaulError(.unavailable, "the system has no thread for the store")
            }
        }
    }

    /// A member on its way to the thread that will own it.
    private struct Owned: @unchecked Sendable {
        let value: any CallPoolMember<Context>

        init(_ value: any CallPoolMember<Context>) {
            self.value = value
        }
    }

    /// Accepts no further calls. The threads end after the waiting calls.
    package func stop() {
        inbox.close()
    }

    /// Waits until every thread has ended.
    package func waitUntilStopped() async {
        await finished.wait()
    }

    private func threadEnded() {
        let left = running.withLock { running in
            running -= 1
            return running
        }
        if left == 0 { finished.fire() }
    }
}
