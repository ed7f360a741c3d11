import LonghaulCore
import LonghaulThreads
import LonghaulWatch
import Synchronization

/// Calls that go into one transaction, and what has been tried with them.
struct Batch {
    let calls: [WriteCall]
    /// Whether the identifiers of new jobs are looked up first.
    var isCareful = false
    /// How often it has met another transaction.
    var conflicts = 0

    init(_ calls: [WriteCall]) {
        self.calls = calls
    }

    /// What its calls will look at.
    var needs: Needs {
        var needs = calls.reduce(into: Needs()) { $0 = $0 + $1.needs() }
        if isCareful { needs.ids += needs.newIDs }
        return needs
    }
}

/// A transaction whose calls have been run, on its way to the commit.
///
/// Until it has landed its connection belongs to the committer's thread, and the ledger to the writer's; what it
/// changed is only read by either.
final class Flight: @unchecked Sendable {
    /// Which of the writer's sessions it uses.
    let session: Int
    let batch: Batch
    let transaction: Transaction
    private let requests: [Request]
    private let outcome = Inbox<Result<Bool, any Error>>()
    private let hasEnded = Atomic(false)

    init(_ batch: Batch, _ transaction: Transaction, session: Int) throws {
        self.batch = batch
        self.transaction = transaction
        self.session = session
        requests = try transaction.writing()
    }

    /// Whether it is known what became of it.
    var hasLanded: Bool { hasEnded.load(ordering: .acquiring) }

    /// Waits for the commit; once. Returns whether the transaction changed rows.
    func land() throws -> Bool {
        guard let outcome = outcome.take(upTo: 1, weight: { _ in 1 })?.first else { return false }
        return try outcome.get()
    }

    /// Writes and commits, and then answers its calls; those of a failed one stay unanswered.
    ///
    /// - Parameters:
    ///   - tell: told what changed.
    ///   - landed: called as soon as it has landed, before anybody is answered: whoever has been answered must
    ///     find what he wrote.
    func fly(_ tell: ([JobChange]) -> Void, landed: () -> Void) {
        do {
            let answers = try transaction.connection.run(requests)
            end(.success(answers.contains(where: \.isChange)))
            landed()
            if !transaction.changes.isEmpty { tell(transaction.changes) }
            for call in batch.calls { call.call.answer() }
        } catch {
            // What cannot even be rolled back is gone with its connection.
            if !transaction.connection.isBroken { try? transaction.connection.rollBack() }
            end(.failure(error))
            landed()
        }
    }

    private func end(_ result: Result<Bool, any Error>) {
        _ = outcome.put(result)
        hasEnded.store(true, ordering: .releasing)
    }
}

/// The thread that sees transactions through their ends, one after the other, so that the next can be made while
/// the server writes and the disk keeps.
final class Committer: Sendable {
    private let inbox: Inbox<Flight>
    private let meter: WorkMeter
    private let ended = Inbox<Void>()
    private let teller: Teller
    /// Whether this process counts its changes itself.
    private let counts: Bool

    init(_ teller: Teller, meter: WorkMeter, counts: Bool) {
        self.meter = meter
        inbox = Inbox(meter: meter)
        self.teller = teller
        self.counts = counts
    }

    /// Starts the thread; false if the system has none left.
    ///
    /// - Parameter landed: called whenever a flight has landed.
    func start(landed: @escaping @Sendable () -> Void) -> Bool {
        OwnThread.start("lh-committer", meter: meter) {
            while let flights = self.inbox.take(upTo: 1, weight: { _ in 1 }) {
                for flight in flights {
                    self.see(flight, landed)
                    self.inbox.finish()
                }
            }
            _ = self.ended.put(())
        }
    }

    private func see(_ flight: Flight, _ landed: () -> Void) {
        let changes = flight.transaction.hasPeers ? flight.transaction.changes : []
        if !changes.isEmpty { teller.expect(changes) }
        flight.fly(tell, landed: landed)
        if !changes.isEmpty { teller.settle(changes) }
    }

    private func tell(_ changes: [JobChange]) {
        teller.tell(counts ? changes : changes.map(\.uncounted))
    }

    /// Takes a transaction over.
    func take(_ flight: Flight) {
        _ = inbox.put(flight)
    }

    /// The thread ends after what it has.
    func stop() {
        inbox.close()
    }

    /// Waits until it has told of everything and answered everybody.
    func waitUntilStopped() {
        _ = ended.take(upTo: 1, weight: { _ in 1 })
    }
}

extension JobChange {
    /// The change, for another process to count.
    fileprivate var uncounted: JobChange {
        var change = self
        change.isCounted = false
        return change
    }
}
