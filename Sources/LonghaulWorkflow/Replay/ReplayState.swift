import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// The state of one run of a durable job's code: what the code has asked for, what the journal has, and what comes
/// next. A value without a clock and without I/O.
///
/// The code runs until each of its tasks waits for an operation. Then ``next()`` says what to do: resume one wait, or
/// send the collected updates to the server, or run steps. Waits are resumed one at a time, in an order that each
/// replay repeats, so that concurrent tasks interleave as they did before. See ``Delivery``.
struct ReplayState: Sendable {
    /// An operation that the code asks for.
    typealias Request = OperationUpdate

    /// A task of the code that waits for an operation.
    struct Wait: Sendable {
        /// Increases with every wait.
        let number: Int
        let id: String
        let target: Target
    }

    /// The event that ends a wait.
    enum Target: Sendable {
        /// The operation is in the journal.
        case recorded
        /// The operation has ended.
        case end
    }

    /// What the caller does next.
    enum Action: Sendable {
        /// Resume the wait of this number.
        case deliver(number: Int, Outcome)
        /// Report that the code differs from the journal.
        case report(Request)
        /// Send the collected updates; see ``takeUpdates()``.
        case send
        /// Run these steps.
        case run([JournalOperation])
        /// End all waits with `CancellationError`: the job is cancelled, and the journal has no further outcomes.
        case cancelWaits
        /// Nothing can be done before a step ends, an operation resolves, or the code continues by itself.
        case wait(on: [String])
    }

    /// The operations of the journal, as last known.
    private(set) var operations: [String: JournalOperation] = [:]
    /// The identifiers of the operations that the journal had at the start, and the code has not asked for.
    private var unrequested: Set<String> = []
    private var requests: [String: Request] = [:]
    private var counters: [String: Int] = [:]
    /// The waits that have not ended, oldest first.
    var waits: [Wait] = []
    /// The waits whose operations have ended.
    var ready: [DeliveryOrder.Candidate] = []
    /// The number of waits for an operation to be recorded.
    var openCount = 0
    private var versions: [String: Int] = [:]
    private(set) var nextWait = 0
    private var updates: [OperationUpdate] = []
    /// The outcomes of steps that have ended here, until the code receives them.
    var outcomes: [String: Outcome] = [:]
    private var launchable: [String] = []
    private(set) var running: Set<String> = []
    /// The steps that the code has cancelled while they ran.
    private var cancelledSteps: [String] = []
    var order: DeliveryOrder
    var difference: Request?
    /// Whether the job is cancelled, so that no new operation starts.
    private let isCancelling: Bool
    /// Whether the server has refused an update, so that the job fails.
    private(set) var isRejected = false
    private var hasCancelledWaits = false

    /// The state at the start of an attempt.
    ///
    /// - Parameters:
    ///   - journal: all operations of the journal.
    ///   - isCancelling: whether the job is cancelled.
    init(journal: [JournalOperation], isCancelling: Bool = false) {
        self.isCancelling = isCancelling
        order = DeliveryOrder(journal: journal)
        operations.reserveCapacity(journal.count)
        unrequested.reserveCapacity(journal.count)
        for operation in journal {
            operations[operation.id] = operation
            if !OperationID.isReserved(operation.id) { unrequested.insert(operation.id) }
        }
    }

    /// Whether the journal has operations that the code has not asked for yet.
    var isReplaying: Bool { !unrequested.isEmpty }
    /// Whether the code may not start operations, because the job is cancelled, or has failed.
    var isUnwinding: Bool { isCancelling || isRejected || operations[OperationID.failure] != nil }

    // MARK: The code asks

    /// The identifier of the next operation of a scope: `3`, or `4.2.1` within the scope `4.2`.
    mutating func nextID(in scope: String) -> String {
        let count = counters[scope, default: 0] + 1
        counters[scope] = count
        return scope.isEmpty ? "\(count)" : "\(scope).\(count)"
    }

    /// Starts an operation, unless the journal has it.
    ///
    /// - Parameter isForced: whether it starts although the job is cancelled.
    /// - Returns: whether the journal has its outcome. The request is not needed any more then.
    /// - Throws: `CancellationError` if the job is cancelled, ``Unwinding`` if the operation differs from the
    ///   recorded one.
    @discardableResult
    mutating func start(_ request: Request, isForced: Bool = false) throws -> Bool {
        guard difference == nil else { throw Unwinding() }
        if let recorded = operations[request.id] {
            guard recorded.type == request.type, recorded.name == request.name else {
                difference = request
                throw Unwinding()
            }
            unrequested.remove(request.id)
            if Outcome(recorded) != nil { return true }
            requests[request.id] = request
            launch(recorded)
            return false
        }
        requests[request.id] = request
        if isUnwinding, !isForced { throw CancellationError() }
        // All operations are recorded in the order in which the code asks for them.
        if !isUnwinding, !OperationID.isReserved(request.id), let next = nextRecorded {
            difference = request.instead(of: next)
            throw Unwinding()
        }
        add(request)
        return false
    }

    /// The first recorded operation that the code has not asked for.
    private var nextRecorded: JournalOperation? {
        unrequested.lazy.compactMap { operations[$0] }.min { $0.number < $1.number }
    }

    /// Adds an update that follows from the outcomes that the code has received.
    private mutating func add(_ update: OperationUpdate) {
        if let marker = order.takeMarker() { updates.append(marker) }
        updates.append(update)
    }

    /// The output of a marker: that of the journal, or the given one, which is recorded.
    mutating func mark(_ request: Request, output: @autoclosure () throws -> JSONText) throws -> JSONText {
        var request = request
        let output = try operations[request.id].map { $0.output ?? .null } ?? output()
        request.output = output
        try start(request, isForced: true)
        return output
    }

    /// The version of a change that the run uses; 0 if it passed the place before the code asked for the version.
    mutating func version(_ change: String, current: Int) throws -> Int {
        if let version = versions[change] { return version }
        let id = OperationID.version + change
        var version = 0
        if operations[id] != nil || !isReplaying {
            let request = Request(.start, .marker, id: id, name: change)
            version = try mark(request, output: try JSONText(encoding: current)).decode(Int.self)
        }
        versions[change] = version
        return version
    }

    /// Ends a group.
    mutating func end(group request: Request, error: JobError?) {
        guard difference == nil, operations[request.id]?.status.isFinal != true else { return }
        var update = OperationUpdate(
            error == nil ? .succeed : .fail, .group, id: request.id, name: request.name)
        update.error = error
        add(update)
    }

    /// Adds a wait of a task.
    mutating func addWait(on id: String, _ target: Target) -> Int {
        nextWait += 1
        let wait = Wait(number: nextWait, id: id, target: target)
        waits.append(wait)
        switch target {
        case .recorded: openCount += 1
        case .end: if outcome(of: id) != nil { makeReady(wait) }
        }
        return nextWait
    }

    /// Removes a wait whose task was cancelled. Cancels its operation.
    ///
    /// - Returns: whether the wait had not ended.
    mutating func endWait(_ number: Int) -> Bool {
        guard let wait = removeWait(number) else { return false }
        guard wait.target == .end, difference == nil, outcomes[wait.id] == nil,
            operations[wait.id]?.status.isFinal != true, let request = requests[wait.id]
        else { return true }
        var update = OperationUpdate(.cancel, request.type, id: request.id, name: request.name)
        if request.type == .step {
            update.action = .fail
            update.error = .stepCancelled
            launchable.removeAll { $0 == wait.id }
            if running.remove(wait.id) != nil { cancelledSteps.append(wait.id) }
        }
        add(update)
        return true
    }

    /// Removes and returns all waits.
    mutating func removeWaits() -> [Int] {
        defer {
            waits = []
            ready = []
            openCount = 0
        }
        return waits.map(\.number)
    }

    /// Removes and returns the steps that were cancelled while they ran.
    mutating func takeCancelledSteps() -> [String] {
        defer { cancelledSteps = [] }
        return cancelledSteps
    }

    /// Records that the code has ended.
    ///
    /// - Throws: ``Unwinding`` if the journal has operations that the code has not asked for.
    mutating func end() throws {
        guard difference == nil else { throw Unwinding() }
        guard !isUnwinding, let next = nextRecorded else { return }
        difference = Request(.start, .marker, id: "", name: "end of the job").instead(of: next)
        throw Unwinding()
    }

    // MARK: What comes next

    /// What the caller does next, when each task of the code waits.
    mutating func next() -> Action {
        if let difference { return .report(difference) }
        if let delivery = nextDelivery() { return delivery }
        if !updates.isEmpty { return .send }
        if isUnwinding, !hasCancelledWaits, !waits.isEmpty {
            hasCancelledWaits = true
            return .cancelWaits
        }
        // An operation is recorded with the outcomes from which it follows, so a replay does not wait before it is
        // over.
        if !isUnwinding, running.isEmpty, let wait = waits.first, let next = nextRecorded,
            let request = requests[wait.id]
        {
            let request = request.instead(of: next)
            difference = request
            return .report(request)
        }
        if !launchable.isEmpty { return .run(takeLaunchable()) }
        return .wait(on: waits.map(\.id).filter { operations[$0]?.status == .waiting })
    }

    private mutating func takeLaunchable() -> [JournalOperation] {
        defer { launchable = [] }
        running.formUnion(launchable)
        return launchable.compactMap { operations[$0] }
    }

    // MARK: What has happened

    /// Removes and returns the first of the collected updates, as many as one call may have.
    mutating func takeUpdates() -> [OperationUpdate] {
        var bytes = 0
        let part = updates.prefix(JournalLimits.updates.upperBound).prefix { update in
            defer { bytes += update.size }
            return bytes == 0 || bytes + update.size <= JournalLimits.updateBytes
        }
        defer { updates.removeFirst(part.count) }
        return Array(part)
    }

    /// Records that the server has refused an update.
    mutating func reject() { isRejected = true }

    /// The requests that ask the server for the status of these operations.
    func refresh(_ ids: [String]) -> [OperationUpdate] {
        ids.prefix(JournalLimits.updates.upperBound).compactMap { requests[$0] }
    }

    /// Records operations as the server returned them.
    mutating func apply(_ changed: [JournalOperation]) {
        for operation in changed {
            operations[operation.id] = operation
            resolve(operation.id)
            launch(operation)
        }
    }

    /// Makes a step run if a task waits for it, or will.
    private mutating func launch(_ operation: JournalOperation) {
        let id = operation.id
        guard operation.type == .step, operation.status == .started, outcomes[id] == nil, requests[id] != nil,
            !running.contains(id), !launchable.contains(id), !isUnwinding || OperationID.isCompensation(id)
        else { return }
        launchable.append(id)
    }

    /// Records how an attempt of a step ended. Ignores a step that the code has cancelled.
    ///
    /// - Parameter retryInSeconds: the delay before the next attempt; nil if the outcome is final.
    mutating func end(step id: String, _ outcome: Outcome, retryInSeconds: Double? = nil) {
        guard running.remove(id) != nil, let request = requests[id] else { return }
        var update = OperationUpdate(.succeed, .step, id: id, name: request.name)
        switch (outcome, retryInSeconds) {
        case (.success(let output), _): update.output = output
        case (.failure(let error), let seconds?):
            update.action = .retry
            update.error = error
            update.options.delaySeconds = seconds
            update.options.attempt = operations[id]?.attempt
            updates.append(update)
            return
        case (.failure(let error), nil):
            update.action = .fail
            update.error = error
        }
        // Not a consequence of an outcome, so no marker of the order comes before it.
        updates.append(update)
        outcomes[id] = outcome
        resolve(id)
    }
}
