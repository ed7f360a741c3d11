import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import LonghaulWorker
import Synchronization

/// One run of a durable job's code: connects the tasks of the code, which wait, with the runner, which talks to the
/// server.
///
/// The code runs only while the runner drains the executor, so there is one caller at a time. The lock protects
/// against code that leaves the executor.
final class FlowRun: Sendable {
    typealias Continuation = UnsafeContinuation<JSONText, any Error>

    /// The work of a step.
    struct Work: Sendable {
        var retry: StepRetry
        var timeout: Duration?
        var body: FlowEnvironment.StepBody
    }

    /// A registered compensation.
    struct Compensation: Sendable {
        var number: Int
        var name: String
        var work: Work
    }

    /// How the code ended.
    enum End: Sendable {
        case completed(JSONText)
        case failed(JobFailure)
        case cancelled
        case continued(JSONText)
    }

    /// An event for the runner.
    enum Event: Sendable {
        case codeIsReady
        case stepEnded(id: String, Outcome, retryInSeconds: Double?)
        case pollIsDue
    }

    private struct State {
        var replay: ReplayState
        var continuations: [Int: Continuation] = [:]
        var work: [String: Work] = [:]
        var compensations: [Compensation] = []
        var isAbandoned = false
        /// The number of calls after the end of the attempt.
        var lateCalls = 0
        var end: End?
        /// Why the server has refused an update.
        var rejection: JobFailure?
    }

    let job: Job
    let environment: FlowEnvironment
    let inbox: Inbox<Event>
    let executor: FlowExecutor
    private let state: Mutex<State>

    init(job: Job, journal: [JournalOperation], environment: FlowEnvironment) {
        self.job = job
        self.environment = environment
        let inbox = Inbox<Event>()
        self.inbox = inbox
        executor = FlowExecutor { inbox.put(.codeIsReady) }
        state = Mutex(State(replay: ReplayState(journal: journal, isCancelling: job.isCancelling)))
    }

    // MARK: The code

    /// Reads or changes the replay.
    func withReplay<Value>(_ body: (inout ReplayState) throws -> Value) throws -> Value {
        try state.withLock { state in
            guard !state.isAbandoned else { throw Unwinding() }
            // lock-safe: changes a value.
            return try body(&state.replay)
        }
    }

    /// Starts an operation and waits for its end, or until the journal has it.
    ///
    /// - Parameter isForced: whether it runs although the job, or its task, is cancelled.
    func perform(
        _ request: OperationUpdate, until target: ReplayState.Target = .end, work: Work? = nil,
        isForced: Bool = false
    ) async throws -> JSONText {
        try start(request, work: work, isForced: isForced)
        return try await wait(for: request.id, target, isForced: isForced)
    }

    /// Starts an operation, unless the journal has it.
    func start(_ request: OperationUpdate, work: Work? = nil, isForced: Bool = false) throws {
        if !isForced { try Task.checkCancellation() }
        let hasOutcome = try withReplay { try $0.start(request, isForced: isForced) }
        if let work, !hasOutcome { state.withLock { $0.work[request.id] = work } }
    }

    /// Waits for an operation that was started.
    func wait(for id: String, _ target: ReplayState.Target, isForced: Bool = false) async throws -> JSONText {
        try await checkIn()
        if target == .end, executor.isIdle, isForced || !Task.isCancelled,
            let outcome = try withReplay({ $0.deliverAtOnce(id) })
        {
            return try outcome.output()
        }
        let number = try withReplay { $0.addWait(on: id, target) }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isAbandoned || !isForced && Task.isCancelled {
                        _ = state.replay.endWait(number)
                        return true
                    }
                    state.continuations[number] = continuation
                    return false
                }
                if isOver { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            if !isForced { cancel(number) }
        }
    }

    private func cancel(_ number: Int) {
        let continuation = state.withLock { state -> Continuation? in
            guard let continuation = state.continuations.removeValue(forKey: number) else { return nil }
            _ = state.replay.endWait(number)
            return continuation
        }
        continuation?.resume(throwing: CancellationError())
    }

    /// The maximum number of calls after the end of the attempt. Code that catches all errors and tries again without
    /// end is then left where it is.
    private static let maxLateCalls = 1000

    /// Begins a call of the code.
    ///
    /// - Throws: ``Unwinding`` if the attempt is over.
    func checkIn() async throws {
        let isParked = state.withLock { state in
            guard state.isAbandoned else { return false }
            state.lateCalls += 1
            return state.lateCalls > Self.maxLateCalls
        }
        if isOver, !isParked { throw Unwinding() }
        if isParked { _ = try await withUnsafeThrowingContinuation { (_: Continuation) in } }
    }

    /// Registers a compensation.
    func register(_ name: String, _ work: Work) throws {
        try state.withLock { state in
            guard !state.isAbandoned else { throw Unwinding() }
            let number = state.compensations.count + 1
            let id = "\(OperationID.compensation)\(number)"
            _ = try state.replay.mark(OperationUpdate(.start, .marker, id: id, name: name), output: .null)
            state.compensations.append(Compensation(number: number, name: name, work: work))
        }
    }

    var compensations: [Compensation] { state.withLock(\.compensations) }

    /// Records how the code ended.
    func end(_ end: End) {
        state.withLock { if $0.end == nil { $0.end = end } }
    }

    /// Whether the code has ended, or asked to begin again.
    var hasEnded: Bool { state.withLock { $0.end != nil } }

    /// Why the server has refused an update; nil if it has not.
    var rejection: JobFailure? { state.withLock(\.rejection) }

    // MARK: The runner

    /// Lets the job fail because the server has refused an update: no further operation starts, and all waits end. The first
    /// rejection counts.
    ///
    /// - Returns: whether the code has ended already, so that ``endAfterRejection()`` must end it again.
    func reject(_ failure: JobFailure) -> Bool {
        state.withLock { state in
            state.rejection = state.rejection ?? failure
            state.replay.reject()
            defer { state.end = nil }
            return state.end != nil
        }
    }

    /// What the runner does when the code can go no further.
    enum Action: Sendable {
        case replay(ReplayState.Action)
        case finish(End)
    }

    /// Runs the code until each of its tasks waits, and resumes waits whose outcomes are known.
    func advance() -> Action {
        while true {
            executor.drain()
            let action = state.withLock { $0.replay.next() }
            switch action {
            case .deliver(let number, let outcome): resume(number, with: outcome)
            case .wait, .run:
                if let end = state.withLock(\.end) { return .finish(end) }
                return .replay(action)
            case .cancelWaits, .report, .send: return .replay(action)
            }
        }
    }

    private func resume(_ number: Int, with outcome: Outcome) {
        let continuation = state.withLock { $0.continuations.removeValue(forKey: number) }
        continuation?.resume(with: Result { try outcome.output() })
    }

    /// Ends all waits, and every later call of the code, with an error.
    func abandon() {
        let continuations = state.withLock { state in
            state.isAbandoned = true
            _ = state.replay.removeWaits()
            defer { state.continuations = [:] }
            return state.continuations
        }
        for number in continuations.keys.sorted() { continuations[number]?.resume(throwing: Unwinding()) }
        executor.drain()
        executor.detach()
    }

    /// Whether the attempt is over.
    var isOver: Bool { state.withLock(\.isAbandoned) }

    func takeUpdates() -> [OperationUpdate] { state.withLock { $0.replay.takeUpdates() } }
    func refresh(_ ids: [String]) -> [OperationUpdate] { state.withLock { $0.replay.refresh(ids) } }
    func apply(_ operations: [JournalOperation]) { state.withLock { $0.replay.apply(operations) } }
    func takeCancelledSteps() -> [String] { state.withLock { $0.replay.takeCancelledSteps() } }

    /// The work of a step.
    func work(of operation: JournalOperation) -> Work? {
        guard var work = state.withLock({ $0.work[operation.id] }) else { return nil }
        if let body = environment.substitute(operation.name) { work.body = body }
        return work
    }

    var hasRunningSteps: Bool { state.withLock { !$0.replay.running.isEmpty } }

    var isReplaying: Bool { state.withLock { $0.replay.isReplaying } }

    func operation(_ id: String) -> JournalOperation? { state.withLock { $0.replay.operations[id] } }

    func endStep(_ id: String, _ outcome: Outcome, retryInSeconds: Double?) {
        state.withLock { $0.replay.end(step: id, outcome, retryInSeconds: retryInSeconds) }
    }

    /// The earliest time at which one of these operations ends by time; nil if none has one.
    func earliestEnd(of ids: [String]) -> Timestamp? {
        state.withLock { state in ids.compactMap { state.replay.operations[$0]?.until }.min() }
    }
}
