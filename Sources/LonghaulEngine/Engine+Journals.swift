public import LonghaulCore
public import LonghaulJSON

/// The calls of a worker for the journal of a durable job.
extension Engine {
    /// The operations of the journal of the job that a token holds, after a number.
    ///
    /// - Throws: ``LonghaulError`` `lease_lost`.
    public func journal(_ token: LeaseToken, after number: Int64) async throws -> JournalPage {
        try await journal(token, after: number, limit: JournalPage.followingCount)
    }

    /// At most `limit` operations of the journal of the job that a token holds, after a number.
    ///
    /// - Throws: ``LonghaulError`` `lease_lost`.
    public func journal(_ token: LeaseToken, after number: Int64, limit: Int) async throws -> JournalPage {
        try await store.journal(token, after: number, limit: limit)
    }

    /// Changes the journal in one commit; see `WorkerGateway.updateJournal(_:_:)`.
    public func updateJournal(
        _ token: LeaseToken, _ updates: [OperationUpdate]
    ) async throws -> [JournalOperation] {
        try await updateJournal(token, updates, grant: .everything)
    }

    /// Changes the journal in one commit, for a caller whose rights must cover the child jobs.
    public func updateJournal(
        _ token: LeaseToken, _ updates: [OperationUpdate], grant: KeyGrant
    ) async throws -> [JournalOperation] {
        try checkRules(of: updates)
        try checkSizes(of: updates)
        let entries = try await prepared(updates, of: token, grant)
        do {
            let operations = try await store.updateJournal(token, entries)
            metrics.count(zip(updates, operations))
            return operations
        } catch let error as LonghaulError {
            if error.code == .nondeterministic { metrics.countNondeterminism() }
            throw withRetryAfter(error)
        }
    }

    private static let updatesPlace = JSONPointer.root.appending("updates")

    private func checkRules(of updates: [OperationUpdate]) throws(LonghaulError) {
        let range = JournalLimits.updates
        guard range.contains(updates.count) else {
            throw LonghaulError.invalid(
                Self.updatesPlace,
                "expected \(range.lowerBound) to \(range.upperBound) elements, got \(updates.count)")
        }
        let faults = updates.enumerated().flatMap { index, update in
            OperationUpdateRules.faults(in: update, at: Self.updatesPlace.appending(index))
        }
        if !faults.isEmpty { throw LonghaulError.invalid(faults) }
    }

    private func checkSizes(of updates: [OperationUpdate]) throws(LonghaulError) {
        let maximum = configuration.limits.journal.outputBytes
        var total = 0
        for (index, update) in updates.enumerated() {
            let texts: [(name: String, bytes: Int)] = [
                ("input", update.input?.bytes.count ?? 0), ("output", update.output?.bytes.count ?? 0),
                ("error", update.error?.details?.bytes.count ?? 0),
            ]
            for text in texts where text.bytes > maximum {
                throw LonghaulError(
                    .payloadTooLarge,
                    "the \(text.name) has \(text.bytes) bytes; the maximum is \(maximum). Store larger data as an artifact.",
                    faults: [
                        JSONFault(
                            pointer: Self.updatesPlace.appending(index).appending(text.name),
                            message: "has more than \(maximum) bytes")
                    ])
            }
            total += texts.reduce(update.options.job?.spec.payload.bytes.count ?? 0) { $0 + $1.bytes }
        }
        guard total <= JournalLimits.updateBytes else {
            throw LonghaulError(
                .payloadTooLarge,
                "the updates have \(total) bytes; the maximum of one call is \(JournalLimits.updateBytes)")
        }
    }

    /// The updates for the store: errors are cut, and the child jobs are resolved like the next jobs of a completion.
    private func prepared(
        _ updates: [OperationUpdate], of token: LeaseToken, _ grant: KeyGrant
    ) async throws -> [StoreOperationUpdate] {
        var entries = updates.map { update in
            var update = update
            update.error = update.error?.bounded
            return StoreOperationUpdate(update)
        }
        let places = updates.indices.filter { updates[$0].options.job != nil }
        guard !places.isEmpty else { return entries }
        guard let parent = try await store.job(token.jobID) else { throw LonghaulError.leaseLost }
        let jobs = places.compactMap { updates[$0].options.job?.continuing(parent) }
        let resolution = try resolver(caller: parent.caller, parentID: parent.id).resolve(jobs) { index in
            Self.updatesPlace.appending(places[index]).appending("options").appending("job")
        }
        try resolution.require(grant)
        for (index, place) in places.enumerated() {
            entries[place].submission = resolution.submissions[resolution.places[index]]
        }
        return entries
    }

    /// Suspends the job until one of these operations has ended; see `WorkerGateway.suspend(_:on:)`.
    public func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        let range = FieldBounds.suspendedOn
        guard range.contains(ids.count) else {
            throw LonghaulError.invalid(
                JSONPointer.root.appending("on"),
                "expected \(range.lowerBound) to \(range.upperBound) elements, got \(ids.count)")
        }
        return try await store.suspend(token, on: ids)
    }

    /// Begins the job again with another payload and an empty journal; see `WorkerGateway.continueAsNew(_:payload:)`.
    public func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        try ValueRule.check(payload, "continue_as_new", "payload")
        let limit = configuration.maxPayloadBytes
        guard payload.bytes.count <= limit else {
            throw LonghaulError(
                .payloadTooLarge, "the payload has \(payload.bytes.count) bytes, and the maximum is \(limit)",
                faults: [
                    JSONFault(
                        pointer: JSONPointer.root.appending("continue_as_new").appending("payload"),
                        message: "has more than \(limit) bytes")
                ])
        }
        return try await store.continueAsNew(token, payload: payload)
    }
}

/// Journals, signals and operator actions.
extension Engine {
    /// At most `limit` operations of a job's journal after the given number.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func journal(of id: JobID, after number: Int64, limit: Int) async throws -> JournalPage {
        guard let page = try await store.journal(of: id, after: number, limit: limit) else {
            throw LonghaulError.noJob(id)
        }
        return page
    }

    /// Sends a signal to a job. The first operation that waits for its name consumes it; without one, it is kept.
    ///
    /// - Parameters:
    ///   - key: the idempotency key; nil for none. It is valid for the caller and the job.
    ///   - caller: the user or service that sends the signal.
    /// - Returns: whether the signal is new. False if it was sent with the same key before.
    /// - Throws: ``LonghaulError``: `invalid_request`, `payload_too_large`, `not_found`, `idempotency_key_reused`; `conflict`
    ///   if the job has ended, or keeps too many signals.
    @discardableResult
    public func signal(
        _ id: JobID, name: String, value: JSONText = .null, key: String? = nil,
        caller: String = NewAPIKey.anonymous
    ) async throws -> Bool {
        let lengths = FieldBounds.operationNameLength
        guard TextRule.isPlain(name, lengths) else {
            throw LonghaulError(
                .invalidRequest,
                "the name of a signal must have \(lengths.lowerBound) to \(lengths.upperBound) characters, and no U+0000"
            )
        }
        if let key { try checkKey(key) }
        try ValueRule.check(value)
        let digest = key.map { KeyDigest.signal($0, of: caller) }
        return try await store.signal(id, Signal(name: name, value: value, key: digest))
    }

    private func checkKey(_ key: String) throws(LonghaulError) {
        let lengths = FieldBounds.idempotencyKeyLength
        guard TextRule.isPlain(key, lengths) else {
            throw LonghaulError.invalid(
                JSONPointer.root.appending("Idempotency-Key"),
                "must have \(lengths.lowerBound) to \(lengths.upperBound) characters, none of them U+0000")
        }
    }

    /// Sends a signal to the operation of a token, which serves once.
    ///
    /// - Throws: ``LonghaulError``: `invalid_request`, `payload_too_large`; `not_found` for an unknown token; `conflict` if
    ///   the operation does not wait any more.
    public func signal(_ token: SignalToken, value: JSONText) async throws {
        try ValueRule.check(value)
        try await store.signal(token, value: value)
    }

    /// What a signal token asks for; nil for an unknown token.
    public func signalWait(of token: SignalToken) async throws -> SignalWait? {
        guard token.number > 0,
            let page = try await store.journal(of: token.jobID, after: token.number - 1, limit: 1),
            let operation = page.operations.first, operation.number == token.number,
            operation.type == .signal, operation.secret == token.secret,
            let job = try await store.job(token.jobID)
        else { return nil }
        let hasTime = operation.until.map { $0 > time.now() } ?? true
        return SignalWait(
            kind: job.spec.kind, operation: operation,
            isOpen: operation.status == .waiting && hasTime && !job.state.isFinal)
    }

    /// Pauses a job that has not ended: no worker receives it until it is resumed.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if it has ended.
    public func pause(_ id: JobID) async throws -> Job { try await store.pause(id) }

    /// Ends the pause of a job.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func resume(_ id: JobID) async throws -> Job { try await store.resume(id) }

    /// Removes an operation and all later ones from the journal of a job, and makes the job pending.
    ///
    /// - Throws: ``LonghaulError``: `not_found` for the job or the operation; `conflict` if a worker holds the job, or if too many
    ///   child jobs would be submitted again.
    public func restart(_ id: JobID, from operation: String) async throws -> Job {
        try await store.restart(id, from: operation)
    }

    /// Submits a copy of a job with the operations before the given one. It waits for its own signals and child jobs.
    ///
    /// - Throws: ``LonghaulError``: `not_found` for the job or the operation; `system_busy` if the queue is full.
    public func fork(
        _ id: JobID, from operation: String, caller: String = NewAPIKey.anonymous
    ) async throws -> Job {
        try diskFloor.check()
        do {
            return try await store.fork(id, from: operation, as: ids.next(), caller: caller)
        } catch let error as LonghaulError {
            throw withRetryAfter(error)
        }
    }
}

/// What a signal token asks for.
public struct SignalWait: Sendable, Hashable {
    /// The kind of the job.
    public var kind: String
    /// The operation that waits, or has waited, for the signal.
    public var operation: JournalOperation
    /// Whether the token can still be used.
    public var isOpen: Bool

    /// What the token of this operation asks for.
    public init(kind: String, operation: JournalOperation, isOpen: Bool) {
        self.kind = kind
        self.operation = operation
        self.isOpen = isOpen
    }
}
