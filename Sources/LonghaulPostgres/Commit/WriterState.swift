/// Decides what the writer's thread does next, without threads, connections or time of its own.
///
/// Calls that wait together share a transaction. Its statements are prepared on the writer's thread. While the committer
/// runs them, the writer prepares the next transaction on a second session; that one starts its commit when the first has
/// ended, so that changes are published in the order of commits. A large call has a transaction of its own on a third
/// session, with a committer of its own, so that no other call waits for it.
///
/// `Commit` stands for a prepared transaction.
struct WriterState<Commit> {
    /// The next action of the writer's thread.
    enum Action {
        /// Wait for calls of at least this weight, or until an in-flight commit ends. Then call `receive` or `end`.
        case receive(atLeast: Int)
        /// Prepare the transaction of a batch. Then call `prepared` or `fail`.
        case prepare(Batch, session: Int)
        /// Give a prepared transaction to the committer.
        case commit(Commit, isSeparate: Bool)
        /// Wait until a commit has ended. Then call `end`.
        case await(Commit)
        /// Nothing is left to do, and no more calls will come.
        case stop
    }

    /// Why a batch failed.
    struct Failure: Equatable {
        /// Another transaction conflicted: the batch can run again.
        var isConflict = false
        /// The identifier of a new job exists already. Reading the identifiers first shows which call's it is.
        var isRepeatedJob = false
        /// One of the calls caused the error. The others can run without it.
        var isOfOneCall = false
    }

    /// The number of sessions.
    static var sessionCount: Int { 3 }
    /// The session of separate transactions.
    static var separateSession: Int { 2 }
    /// The minimum weight of waiting calls for preparing a transaction while another one commits.
    static var minBesideCommit: Int { 64 }
    /// The maximum number of retries after conflicts.
    static var maxConflicts: Int { 20 }

    private struct UnderWay {
        let commit: Commit
        let batch: Batch
        let session: Int
    }

    /// Shared batches that are to be prepared, oldest first.
    private var ready: [Batch] = []
    private var prepared: UnderWay?
    private var committing: UnderWay?
    /// Separate batches that are to be prepared, oldest first.
    private var separateReady: [Batch] = []
    private var separatePrepared: UnderWay?
    private var separateCommitting: UnderWay?
    private var isClosed = false

    /// The in-flight commits.
    var commitsUnderWay: [Commit] { [committing, separateCommitting].compactMap { $0?.commit } }

    /// Whether a shared transaction is prepared or committing.
    var hasSharedTransaction: Bool { committing != nil || prepared != nil }

    /// What to do next.
    mutating func next() -> Action {
        if let next = separatePrepared {
            separatePrepared = nil
            separateCommitting = next
            return .commit(next.commit, isSeparate: true)
        }
        if let next = prepared {
            if let committing { return .await(committing.commit) }
            prepared = nil
            committing = next
            return .commit(next.commit, isSeparate: false)
        }
        if let batch = ready.first { return .prepare(batch, session: committing?.session == 0 ? 1 : 0) }
        if separateCommitting == nil, let batch = separateReady.first {
            return .prepare(batch, session: Self.separateSession)
        }
        if isClosed {
            guard let commit = commitsUnderWay.first else { return .stop }
            return .await(commit)
        }
        return .receive(atLeast: committing == nil ? 1 : Self.minBesideCommit)
    }

    /// Adds calls; nil if no more will come.
    mutating func receive(_ calls: [WriteCall]?) {
        guard let calls else {
            isClosed = true
            return
        }
        let shared = calls.filter { !$0.isSeparate }
        if !shared.isEmpty { ready.append(Batch(shared)) }
        for call in calls where call.isSeparate { separateReady.append(Batch([call], isSeparate: true)) }
    }

    /// Records that the transaction of a batch is prepared.
    mutating func prepared(_ commit: Commit, of batch: Batch, session: Int) {
        let underWay = UnderWay(commit: commit, batch: batch, session: session)
        if batch.isSeparate {
            separateReady.removeFirst()
            separatePrepared = underWay
        } else {
            ready.removeFirst()
            prepared = underWay
        }
    }

    /// Records that a batch could not be prepared. Returns it if its calls are to be answered with the error.
    mutating func failedToPrepare(_ batch: Batch, _ failure: Failure) -> Batch? {
        if batch.isSeparate { separateReady.removeFirst() } else { ready.removeFirst() }
        return retry(batch, failure)
    }

    /// Records the end of a commit. Returns its batch if its calls are to be answered with the error.
    mutating func ended(isSeparate: Bool, _ failure: Failure?) -> Batch? {
        let ended = isSeparate ? separateCommitting : committing
        if isSeparate { separateCommitting = nil } else { committing = nil }
        guard let ended, let failure else { return nil }
        return retry(ended.batch, failure)
    }

    /// Retries a batch, or its calls one by one, before all others. Returns the batch if a retry cannot help.
    private mutating func retry(_ batch: Batch, _ failure: Failure) -> Batch? {
        var again = batch
        if failure.isConflict, batch.conflicts < Self.maxConflicts {
            again.conflicts += 1
            putFirst([again])
        } else if failure.isRepeatedJob, !batch.isCareful {
            again.isCareful = true
            putFirst([again])
        } else if failure.isOfOneCall, batch.calls.count > 1 {
            putFirst(
                batch.calls.map { call in
                    var single = Batch([call], isSeparate: batch.isSeparate)
                    single.isCareful = batch.isCareful
                    return single
                })
        } else {
            return batch
        }
        return nil
    }

    private mutating func putFirst(_ batches: [Batch]) {
        if batches.first?.isSeparate ?? false {
            separateReady.insert(contentsOf: batches, at: 0)
        } else {
            ready.insert(contentsOf: batches, at: 0)
        }
    }
}
