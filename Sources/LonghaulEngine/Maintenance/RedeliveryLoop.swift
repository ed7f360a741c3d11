import LonghaulConcurrency
import LonghaulCore

/// Publishes jobs again whose IDs a lease call received from the queue and could not claim, because the store did not
/// answer. Workers of any server then find them as soon as the store answers.
final class RedeliveryLoop: BackgroundLoop {
    /// The maximum number of IDs that wait for the store. The reconciler finds the others.
    private static let capacity = 65_536
    /// The interval between two reads while the store does not answer, in seconds.
    private static let retrySeconds = 1.0

    private let store: any JobStore
    private let queue: any JobQueue
    private let time: any TimeSource
    let background = BackgroundTask()
    private let undelivered = Inbox<JobID>(capacity: capacity)

    init(store: any JobStore, queue: any JobQueue, time: any TimeSource) {
        self.store = store
        self.queue = queue
        self.time = time
    }

    /// Adds jobs.
    func add(_ ids: [JobID]) {
        for id in ids { undelivered.put(id) }
    }

    func run() async {
        while let id = await undelivered.next() {
            while !Task.isCancelled {
                do {
                    try await publish(id)
                    break
                } catch let error as LonghaulError where !error.isTransient {
                    // A job that cannot be read must not delay the others.
                    break
                } catch {
                    try? await time.sleep(seconds: Self.retrySeconds)
                }
            }
        }
    }

    private func publish(_ id: JobID) async throws {
        guard let job = try await store.job(id), job.state == .pending else { return }
        let spec = job.spec
        let entry = QueueEntry(
            id: id, queue: spec.queue, kind: spec.kind, priority: spec.priority, labels: spec.labels)
        try await queue.publish([entry])
    }
}
