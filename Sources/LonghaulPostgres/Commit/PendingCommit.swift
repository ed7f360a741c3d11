import LonghaulConcurrency
import LonghaulCore
import LonghaulStore
import Synchronization

/// A transaction whose calls have run, and whose commit is in flight.
///
/// Until the commit has ended, its connection belongs to the committer's thread and the cache to the writer's. Both
/// only read the transaction's changes.
final class PendingCommit: @unchecked Sendable {
    let batch: Batch
    let transaction: Transaction
    private let requests: [Request]
    private let outcome = Event<Result<Bool, any Error>>()
    private let ended = Atomic(false)

    init(_ batch: Batch, _ transaction: Transaction) throws {
        self.batch = batch
        self.transaction = transaction
        requests = try transaction.writing()
    }

    /// Whether the commit has ended, or failed.
    var hasEnded: Bool { ended.load(ordering: .acquiring) }

    /// Waits for the commit. Returns whether the transaction changed rows.
    func wait() throws -> Bool {
        try outcome.waitOnThread().get()
    }

    /// Writes and commits, publishes the changes and answers the calls; those of a failed transaction stay unanswered.
    ///
    /// - Parameters:
    ///   - publish: receives the changes.
    ///   - hasEnded: called before any call is answered, so that a caller that has its answer can read its own
    ///     writes.
    func run(publish: ([JobChange]) -> Void, hasEnded: () -> Void) {
        do {
            let answers = try transaction.connection.run(requests)
            end(.success(answers.contains(where: \.isChange)))
            hasEnded()
            if !transaction.changes.isEmpty { publish(transaction.changes) }
            for call in batch.calls { call.call.answer() }
        } catch {
            // If the connection is broken, the server rolls back by itself.
            if !transaction.connection.isBroken { try? transaction.connection.rollBack() }
            end(.failure(error))
            hasEnded()
        }
    }

    private func end(_ result: Result<Bool, any Error>) {
        outcome.fire(result)
        ended.store(true, ordering: .releasing)
    }
}
