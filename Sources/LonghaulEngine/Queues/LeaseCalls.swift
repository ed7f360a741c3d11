import Synchronization

/// The open lease calls of each worker, and whether the worker has deregistered while they wait.
///
/// A worker that stops closes its connection and deregisters. Its lease call ends a moment later, when the server
/// notices the closed connection. A job that is claimed in between would wait until its lease ends.
final class LeaseCalls: Sendable {
    private struct Worker {
        var openCalls = 0
        /// The number of times that the worker has deregistered while it had open calls.
        var deregistrations = 0
    }

    private let workers = Mutex<[String: Worker]>([:])

    /// Starts a call. Returns the number to pass to ``hasDeregistered(_:since:)``.
    func begin(_ worker: String) -> Int {
        workers.withLock { workers in
            workers[worker, default: Worker()].openCalls += 1
            return workers[worker]?.deregistrations ?? 0
        }
    }

    /// Ends a call.
    func end(_ worker: String) {
        workers.withLock { workers in
            workers[worker]?.openCalls -= 1
            if workers[worker]?.openCalls == 0 { workers[worker] = nil }
        }
    }

    /// Records that a worker has deregistered.
    func deregister(_ worker: String) {
        workers.withLock { $0[worker]?.deregistrations += 1 }
    }

    /// Whether the worker has deregistered since the call began.
    func hasDeregistered(_ worker: String, since deregistrations: Int) -> Bool {
        workers.withLock { $0[worker]?.deregistrations != deregistrations }
    }
}
