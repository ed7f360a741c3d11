public import LonghaulJSON

/// The journals and signals of a store's durable jobs.
public protocol JournalStore: Sendable {
    // MARK: Working

    /// A page of the journal of the token's job.
    func journal(_ token: LeaseToken, after number: Int64, limit: Int) async throws -> JournalPage

    /// Changes the journal of the token's job, and submits and cancels child jobs, in one commit. Returns each operation as it
    /// then stands, in order. See `WorkerGateway.updateJournal(_:_:)`.
    func updateJournal(_ token: LeaseToken, _ updates: [StoreOperationUpdate]) async throws
        -> [JournalOperation]

    /// Suspends the token's job, unless one of these operations has ended. See `WorkerGateway.suspend(_:on:)`.
    ///
    /// A suspended job becomes pending when an operation that waits ends: by its time, a signal, or the end of a child job.
    func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome

    /// Makes the token's job pending with another payload, an empty journal and fresh attempts. Its signals stay.
    func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job

    /// Sends a signal to a job. The first operation that waits for its name consumes it; without one, it is kept.
    ///
    /// - Returns: whether it is stored. False if a signal with the same key was stored before.
    /// - Throws: `not_found`, `conflict` if the job has ended, `idempotency_key_reused` if the key was used for another
    ///   signal, and `payload_too_large` beyond the limits of kept signals.
    func signal(_ id: JobID, _ signal: Signal) async throws -> Bool

    /// Sends a signal to the operation of a token.
    ///
    /// - Throws: `not_found` if there is no such operation, `conflict` if it does not wait any more.
    func signal(_ token: SignalToken, value: JSONText) async throws

    // MARK: Operator actions

    /// Pauses a job that has not ended: no worker receives it. Its timers and signals are recorded. A worker that holds it goes
    /// on until it suspends the job, or its attempt ends.
    ///
    /// - Throws: `not_found`, or `conflict` if it has ended.
    func pause(_ id: JobID) async throws -> Job

    /// Ends the pause of a job. If nothing that it waits for is left, it becomes pending. Does nothing for a job that is not
    /// paused.
    func resume(_ id: JobID) async throws -> Job

    /// Removes an operation and all later ones from the journal of a job, and makes the job pending with fresh attempts.
    /// Cancels child jobs of the removed operations. The signals that they consumed are kept again.
    ///
    /// - Throws: `not_found` for the job or the operation; `conflict` if a worker holds the job.
    func restart(_ id: JobID, from operation: String) async throws -> Job

    /// Submits a copy of a job with the ended operations before the given one.
    ///
    /// - Parameters:
    ///   - newID: the ID of the copy.
    ///   - caller: the caller of the copy.
    /// - Throws: `not_found` for the job or the operation; `system_busy` if its queue is full.
    func fork(_ id: JobID, from operation: String, as newID: JobID, caller: String) async throws -> Job

    // MARK: Reading

    /// A page of the journal of a job; nil if there is no such job.
    func journal(of id: JobID, after number: Int64, limit: Int) async throws -> JournalPage?
}
