public import Foundation
public import LonghaulCore
import LonghaulEngine
public import LonghaulJSON
import LonghaulMemory
import LonghaulWorker
public import LonghaulWorkflow
import Synchronization

/// Runs durable jobs in a test: in this process, with the rules of a real server, and with a clock that skips waits.
///
/// ```swift
/// @Test func orderIsCancelledWithoutApproval() async throws {
///     let test = DurableTest()
///     test.add(OrderProcess(payments: FakePayments()))
///     test.handle(Invoice.self) { order in InvoiceResult(number: 1) }
///     let job = try await test.submit(OrderProcess.self, Order(id: 7, amount: 900))
///     try await job.run(untilSignal: "approved")
///     try await job.signal("approved", false)
///     #expect(try await job.result() == .refused)
/// }
/// ```
///
/// Attempts run one at a time. When no job can run, the clock skips to the next time at which one is due.
public final class DurableTest: Sendable {
    typealias Attempt = @Sendable (Lease, any WorkerGateway, FlowEnvironment) async throws -> FlowOutcome

    private struct State {
        var attempts: [String: Attempt] = [:]
        var substitutes: [String: FlowEnvironment.StepBody] = [:]
        var crashes = 0
        var log: [String] = []
    }

    let engine: Engine
    private let store: any JobStore
    private let clock: TestClock
    private let random: SeededRandom
    private let commits = CommitCounter()
    private let state = Mutex(State())

    /// An empty server.
    ///
    /// - Parameters:
    ///   - now: the time at which the test begins.
    ///   - seed: the seed of the random numbers that durable jobs receive.
    public init(now: Date = Date(timeIntervalSince1970: 1_767_225_600), seed: UInt64 = 1) {
        clock = TestClock(Timestamp(milliseconds: Int64(now.timeIntervalSince1970 * 1000)))
        random = SeededRandom(seed: seed)
        let years = 100 * 365 * 86_400.0
        let database = MemoryDatabase(
            time: clock, random: random,
            retention: Retention(completedSeconds: years, failedSeconds: years, cancelledSeconds: years))
        store = MemoryStore.open(database)
        engine = Engine(
            store: store, queue: StoreQueue(time: clock), artifacts: MemoryArtifactStore(), time: clock,
            random: random)
    }

    // MARK: Handlers

    /// Registers a durable job. Replaces an earlier one of its kind, as a deployment does.
    public func add<Process: DurableJob>(_ process: Process) {
        let attempt: Attempt = { lease, gateway, environment in
            try await FlowRunner(process, gateway: gateway, environment: environment).run(lease)
        }
        state.withLock { $0.attempts[Process.kind] = attempt }
    }

    /// Registers a handler of child jobs.
    public func handle<Kind: JobKind>(
        _ kind: Kind.Type, _ work: @escaping @Sendable (Kind.Payload) async throws -> Kind.Output
    ) {
        handle(kind: Kind.kind) { try JSONText(encoding: try await work(try $0.decode(Kind.Payload.self))) }
    }

    /// Registers a handler of child jobs, such as those that a program runs.
    public func handle(kind: String, _ work: @escaping @Sendable (JSONText) async throws -> JSONText) {
        let attempt: Attempt = { lease, _, _ in .completed(try await work(lease.job.spec.payload)) }
        state.withLock { $0.attempts[kind] = attempt }
    }

    /// Replaces the work of all steps of this name.
    public func stub<Value: Encodable & Sendable>(
        step name: String, _ work: @escaping @Sendable (StepContext) async throws -> Value
    ) {
        let body: FlowEnvironment.StepBody = { try JSONText(encoding: try await work($0)) }
        state.withLock { $0.substitutes[name] = body }
    }

    /// Replaces the work of all steps of this name, which have no output.
    public func stub(step name: String, _ work: @escaping @Sendable (StepContext) async throws -> Void) {
        let body: FlowEnvironment.StepBody = { step in
            try await work(step)
            return .null
        }
        state.withLock { $0.substitutes[name] = body }
    }

    /// The lines that durable jobs have added to their logs.
    public var log: [String] { state.withLock(\.log) }

    // MARK: Crashes

    /// The number of commits so far.
    public var commitCount: Int { commits.count }

    /// Lets the worker die at these points. Another worker continues.
    public func crash(at points: CrashPoint...) { commits.plan(points) }

    /// Runs a scenario once without a crash, and then once for each point at which a worker can die.
    ///
    /// - Parameter scenario: adds the durable jobs to the test that it receives, submits jobs and checks their results.
    /// - Throws: what the scenario throws, with the crash point in ``CrashFailure``.
    public static func crashEverywhere(
        _ scenario: (DurableTest) async throws -> Void
    ) async throws {
        let calm = DurableTest()
        try await scenario(calm)
        for commit in 1...max(1, calm.commitCount) {
            for point in [CrashPoint.before(commit), .after(commit)] {
                let test = DurableTest()
                test.crash(at: point)
                do {
                    try await scenario(test)
                } catch {
                    throw CrashFailure(point: point, error: error)
                }
            }
        }
    }

    /// A scenario has failed after a crash.
    public struct CrashFailure: Error, CustomStringConvertible {
        /// Where the worker died.
        public let point: CrashPoint
        /// What the scenario threw.
        public let error: any Error

        /// The point and the error.
        public var description: String { "with a crash \(point): \(error)" }
    }

    // MARK: Time

    /// The time of the test.
    public var now: Date { Date(timeIntervalSince1970: Double(clock.now().milliseconds) / 1000) }

    /// Moves the clock forward, and runs what is due then.
    public func skip(_ duration: Duration) async throws {
        let end = clock.now().adding(seconds: duration / .seconds(1))
        try await runReady()
        while let next = try await nextDue(), next <= end {
            clock.skip(to: next)
            try await runReady()
        }
        clock.skip(to: end)
        try await runReady()
    }

    // MARK: Running

    /// Submits a durable job. It does not run before the test runs it.
    public func submit<Process: DurableJob>(
        _ process: Process.Type, _ payload: Process.Payload, configure: (inout NewJob) -> Void = { _ in }
    ) async throws -> DurableTestJob<Process> {
        var job = try NewJob(process, payload)
        configure(&job)
        return DurableTestJob(id: try await engine.submit(job).job.id, test: self)
    }

    /// Sends a signal by its token, as a person without an API key does.
    public func signal(_ token: SignalToken, _ value: some Encodable) async throws {
        try await engine.signal(token, value: try JSONText(encoding: value))
    }

    /// Sends a signal to a job.
    public func signal(_ id: JobID, _ name: String, _ value: some Encodable) async throws {
        try await engine.signal(id, name: name, value: try JSONText(encoding: value))
    }

    /// Cancels a job.
    public func cancel(_ id: JobID) async throws { _ = try await engine.cancel(id) }

    /// Runs all jobs until none can run before a signal arrives. Skips waits for a time, also those that end a wait
    /// for a signal.
    public func run() async throws {
        try await run { false }
    }

    /// Runs all jobs that can run now. Does not move the clock.
    public func runReady() async throws {
        repeat { _ = try await store.maintain(limit: 200) } while try await runOne()
    }

    /// Runs jobs until a condition holds, or none can run before a signal arrives.
    func run(until isMet: () async throws -> Bool) async throws {
        while try await !isMet() {
            _ = try await store.maintain(limit: 200)
            if try await runOne() { continue }
            guard let next = try await nextDue() else { return }
            clock.skip(to: next)
        }
    }

    /// All operations of a job.
    func journal(of id: JobID) async throws -> [JournalOperation] {
        var page = try await engine.journal(of: id, after: 0, limit: 1000)
        var operations = page.operations
        while let next = page.next {
            page = try await engine.journal(of: id, after: next, limit: 1000)
            operations += page.operations
        }
        return operations
    }

    /// The next time at which a job is due; nil if there is none.
    private func nextDue() async throws -> Timestamp? {
        let jobs = try await engine.jobs(JobFilter(), after: nil, limit: 1000).jobs
        var moments: [Timestamp] = []
        for job in jobs where !job.isPaused {
            switch job.state {
            case .scheduled, .retrying: moments.append(job.runAt)
            case .suspended:
                moments += try await journal(of: job.id).filter { $0.status == .waiting }.compactMap(\.until)
            case .blocked, .pending, .processing, .completed, .failed, .cancelled: break
            }
        }
        let now = clock.now()
        return moments.filter { $0 > now }.min()
    }

    /// Runs one attempt of a job that is ready. Returns false if there is none.
    private func runOne() async throws -> Bool {
        let (attempts, crashes) = state.withLock { ($0.attempts, $0.crashes) }
        let worker = WorkerInfo(id: "worker-\(crashes)", name: "worker-\(crashes)")
        var request = LeaseRequest(worker: worker, kinds: attempts.keys.sorted())
        request.queues = try await queues()
        guard let lease = try await engine.lease(request).first, let attempt = attempts[lease.job.spec.kind]
        else {
            return false
        }
        do {
            try await run(lease, attempt)
        } catch is WorkerCrash {
            state.withLock { $0.crashes += 1 }
            _ = try? await engine.deregister(worker.id)
        } catch let error as LonghaulError where error.code == .leaseLost {
            // Such as a job that a step of the test has cancelled.
        }
        return true
    }

    private func queues() async throws -> [String] {
        let names = try await store.queues().map(\.name)
        return names.isEmpty ? [JobSpec.defaultQueue] : names
    }

    private func run(_ lease: Lease, _ attempt: Attempt) async throws {
        let gateway = CrashingGateway(engine: engine, commits: commits)
        do {
            switch try await attempt(lease, gateway, environment) {
            case .completed(let output):
                _ = try await gateway.complete([Completion(token: lease.token, result: output)]).first?.get()
            case .cancelled:
                _ = try await gateway.complete([Completion(token: lease.token)]).first?.get()
            case .suspended: break
            }
        } catch let error
            where !(error is WorkerCrash || error is LonghaulError || error is CancellationError)
        {
            let failure = JobFailure(wrapping: error).reportable
            _ = try await gateway.fail(
                Failure(token: lease.token, error: failure.error, retryInSeconds: failure.retryInSeconds))
        }
    }

    private var environment: FlowEnvironment {
        var environment = FlowEnvironment()
        environment.time = clock
        environment.random = random
        environment.log = { [self] line, _ in state.withLock { $0.log.append(line) } }
        environment.substitute = { [self] name in state.withLock { $0.substitutes[name] } }
        return environment
    }
}
