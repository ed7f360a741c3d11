import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulJSON
import LonghaulMemory
import LonghaulStates
import LonghaulStore
import LonghaulWorker
import Synchronization
import Testing

/// A server that runs executions, with a clock that skips waits. All attempts run one after the other.
final class ExecutionTest: Sendable {
    /// What the worker of a kind does: returns a result, or throws ``LonghaulWorker/JobFailure``.
    typealias Work = @Sendable (Job) throws -> JSONText

    let clock = SkippingClock()
    let jobs: any JobStore
    let engine: Engine
    let crashes = CrashPlan()
    let settings: ExecutionSettings
    let requests: (any TaskRequests)?
    let objects: (any MapObjects)?
    let services: (any ServiceCalls)?
    private let work = Mutex<[String: Work]>([:])
    private let servers = Mutex<[Server]>([])
    /// The servers that have run, the current one last.
    private let started = Mutex<[StepFunctions]>([])
    private let received = Mutex<[Note]>([])
    private let random: SeededRandom

    /// One server, until it crashes.
    private struct Server: Sendable {
        let functions: StepFunctions
        let runner: ExecutionRunner
        let handlers: [String: Handler]
    }

    init(
        seed: UInt64 = 1, _ settings: ExecutionSettings = ExecutionSettings(),
        requests: (any TaskRequests)? = nil, objects: (any MapObjects)? = nil,
        services: (any ServiceCalls)? = nil, metricsLabels: Int = 64
    ) {
        self.settings = settings
        self.requests = requests
        self.objects = objects
        self.services = services
        random = SeededRandom(seed: seed)
        let years = 100 * 365 * 86_400.0
        let database = MemoryDatabase(
            time: clock, random: random,
            retention: Retention(completedSeconds: years, failedSeconds: years, cancelledSeconds: years))
        jobs = MemoryStore.open(database)
        var configuration = EngineConfiguration()
        // The clock skips, which is no silence of a server.
        configuration.limits.outageSeconds = nil
        configuration.metricsLabels = metricsLabels
        engine = Engine(
            store: jobs, queue: StoreQueue(time: clock), artifacts: MemoryArtifactStore(),
            configuration: configuration, time: clock, random: random)
        startServer()
    }

    /// Adds a server. The servers take turns.
    func addServer() {
        servers.withLock { $0.append(newServer()) }
    }

    /// Replaces all servers by a new one.
    private func startServer() {
        servers.withLock { $0 = [newServer()] }
    }

    private func newServer() -> Server {
        let store = CrashingStore(engine, crashes)
        var host = ExecutionHost(
            engine: engine, requests: requests, objects: objects, services: services)
        host.note = { [weak self] note in self?.received.withLock { $0.append(note) } }
        let functions = StepFunctions(
            store: store, host: host, settings: settings, time: clock, random: random)
        let runner = ExecutionRunner(functions, host)
        let handlers = Dictionary(
            runner.handlers.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
        started.withLock { $0.append(functions) }
        return Server(functions: functions, runner: runner, handlers: handlers)
    }

    /// The operations.
    var functions: StepFunctions { servers.withLock { $0[0].functions } }

    /// Makes another server run the executions from now on.
    func changeServer() { startServer() }

    /// The log of the servers.
    var notes: [Note] { received.withLock { $0 } }

    /// The lines of the metrics of the current server.
    var metrics: [String] { ExecutionTest.metrics(functions) }

    /// The sum of a series over all servers.
    func sum(_ series: String) -> Int {
        started.withLock { $0 }.flatMap(ExecutionTest.metrics).filter { $0.hasPrefix(series + " ") }
            .reduce(0) { $0 + (Int($1.dropFirst(series.count + 1)) ?? 0) }
    }

    private static func metrics(_ functions: StepFunctions) -> [String] {
        var text = PrometheusText()
        functions.writeMetrics(to: &text)
        return text.text.split(separator: "\n").map(String.init)
    }

    /// Sets what workers do with the jobs of a kind.
    func handle(_ kind: String, _ body: @escaping Work) {
        work.withLock { $0[kind] = body }
    }

    // MARK: Calls

    @discardableResult
    func call(_ operation: String, _ members: [(String, StateValue)]) async throws -> StateObject {
        try await functions.perform(operation, StateObject(members), by: OperationCaller(name: "test"))
    }

    /// Creates a machine, and returns its ARN.
    func create(
        _ name: String, _ definition: String, type: String = "STANDARD", logging: StateValue? = nil
    ) async throws -> String {
        let output = try await call(
            "CreateStateMachine",
            [
                ("name", .string(name)), ("definition", .string(definition)), ("type", .string(type)),
                ("roleArn", .string("arn:aws:iam::000000000000:role/any")),
                ("loggingConfiguration", logging ?? .null),
            ])
        return output["stateMachineArn"]?.string ?? ""
    }

    /// Starts an execution, and returns its ARN.
    func start(_ machine: String, input: String = "{}", name: String? = nil) async throws -> String {
        var members: [(String, StateValue)] = [
            ("stateMachineArn", .string(machine)), ("input", .string(input)),
        ]
        if let name { members.append(("name", .string(name))) }
        return try await call("StartExecution", members)["executionArn"]?.string ?? ""
    }

    /// Creates a machine, starts an execution, and runs until nothing can run.
    func run(_ definition: String, input: String = "{}", name: String = "m") async throws -> String {
        let arn = try await start(try await create(name, definition), input: input)
        try await run()
        return arn
    }

    /// Stops an execution, and runs it until it has stopped.
    func stop(_ arn: String) async throws {
        async let stopped = call("StopExecution", [("executionArn", .string(arn))])
        while try await describe(arn)["status"] == .string("RUNNING") {
            try await runReady()
            try await Task.sleep(for: .milliseconds(1))
        }
        _ = try await stopped
    }

    func describe(_ arn: String) async throws -> StateObject {
        try await call("DescribeExecution", [("executionArn", .string(arn))])
    }

    /// The events of an execution.
    func history(_ arn: String) async throws -> [StateValue] {
        var events: [StateValue] = []
        var token: String?
        repeat {
            var members: [(String, StateValue)] = [
                ("executionArn", .string(arn)), ("maxResults", .integer(1000)),
            ]
            if let token { members.append(("nextToken", .string(token))) }
            let page = try await call("GetExecutionHistory", members)
            events += page["events"]?.array ?? []
            token = page["nextToken"]?.string
        } while token != nil
        return events
    }

    /// The log of the job of an execution.
    func log(_ arn: String) async throws -> [StoredLogLine] {
        let name = arn.split(separator: ":").last.map(String.init) ?? ""
        return try await engine.logs(try #require(JobID(name)), after: 0, limit: 10_000)
    }

    /// The types of the events of an execution.
    func types(_ arn: String) async throws -> [String] {
        try await history(arn).compactMap { $0["type"]?.string }
    }

    // MARK: Running

    /// Runs until nothing can run without a further call. Skips waits for a time.
    func run() async throws {
        while true {
            _ = try await jobs.maintain(limit: 1000)
            if try await runOne() { continue }
            guard let next = try await nextDue() else { return }
            clock.skip(to: next)
        }
    }

    /// Runs what can run now. Does not move the clock.
    func runReady() async throws {
        repeat { _ = try await jobs.maintain(limit: 1000) } while try await runOne()
    }

    /// Runs one attempt. Returns whether there was one.
    @discardableResult
    func runOne() async throws -> Bool {
        let own = [JobSpec.executionQueue, "execution-calls"]
        for queue in own + ["default"] {
            let kinds = own.contains(queue) ? [] : Array(work.withLock { $0.keys })
            if kinds.isEmpty, !own.contains(queue) { continue }
            let request = LeaseRequest(
                worker: WorkerInfo(id: "w", name: "worker"), queues: [queue], kinds: kinds)
            guard let lease = try await engine.lease(request).first else { continue }
            try await perform(lease)
            return true
        }
        return false
    }

    private func perform(_ lease: Lease) async throws {
        let kind = lease.job.spec.kind
        let server = servers.withLock { servers in
            servers.append(servers.removeFirst())
            return servers[0]
        }
        if let handler = server.handlers[kind] {
            let end = await AttemptRun.run(handler, lease, gateway: engine, time: clock)
            switch end {
            case .suspended: return
            case .crashed:
                // The server has died. Its lease ends, and another server continues.
                startServer()
                clock.skip(to: clock.now().adding(seconds: 31))
            case .completed(let result):
                _ = try await engine.complete([Completion(token: lease.token, result: result)])
            case .failed(let error): throw error
            }
            return
        }
        guard let body = work.withLock({ $0[kind] }) else { return }
        do {
            _ = try await engine.complete([Completion(token: lease.token, result: try body(lease.job))])
        } catch let failure as JobFailure {
            _ = try await engine.fail(Failure(token: lease.token, error: failure.error))
        }
    }

    /// The next time at which a job is due; nil if there is none.
    private func nextDue() async throws -> Timestamp? {
        var filter = JobFilter()
        filter.states = [.scheduled, .retrying, .suspended, .processing]
        let waiting = try await engine.jobs(filter, after: nil, limit: 10_000).jobs
        let times = waiting.flatMap { job in
            job.state == .suspended ? job.waitsFor.compactMap(\.until) : [job.runAt]
        }
        return times.filter { $0 > clock.now() }.min()
    }
}

/// The clock of a test: it stands still until the test skips. Those who sleep look at it again and again.
final class SkippingClock: TimeSource {
    private let moment = Mutex(Timestamp(milliseconds: 1_800_000_000_000))

    func now() -> Timestamp { moment.withLock { $0 } }
    func steadySeconds() -> Double { Double(now().milliseconds) / 1000 }
    func skip(to later: Timestamp) { moment.withLock { $0 = max($0, later) } }
    func sleep(until later: Timestamp) async throws {
        while now() < later { try await Task.sleep(for: .milliseconds(1)) }
    }
    func sleep(seconds: Double) async throws { try await sleep(until: now().adding(seconds: seconds)) }
}
