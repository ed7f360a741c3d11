import LonghaulConcurrency
import LonghaulCore
import LonghaulEngine
import LonghaulPlatform
import LonghaulTestSupport
import Testing

@testable import LonghaulWorker

/// A worker that runs until a stop is requested. The tests signal their own process, so they run one after another.
@Suite(.serialized) struct RunTests {
    private static let idle = Handler(kind: "test") { _ in Handler.Output() }

    @Test func cancelledTaskStopsTheWorkerAfterItsJobs() async throws {
        let (hasBegun, isReleased) = (Event<Void>(), Event<Void>())
        let handler = Handler(kind: "test") { _ in
            hasBegun.fire()
            await isReleased.wait()
            return Handler.Output()
        }
        try await Bench.run { bench in
            let worker = bench.worker([handler])
            let id = try await bench.submit()
            let run = Task { try await worker.run() }
            try await hasBegun.waitUnlessCancelled()
            run.cancel()
            try await eventually("the worker stops") { worker.isStopping }
            isReleased.fire()
            try await run.value
            #expect(try await bench.engine.job(id).state == .completed)
            #expect(try await bench.engine.workers().isEmpty)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func signalStopsTheWorker(_ number: Int32) async throws {
        let action = Self.action(of: number)
        try await Bench.run { bench in
            let worker = bench.worker([Self.idle])
            let run = Task { try await worker.run() }
            try await eventually("the worker runs") { try await !bench.engine.workers().isEmpty }
            kill(getpid(), number)
            try await run.value
            #expect(try await bench.engine.workers().isEmpty)
        }
        #expect(Self.action(of: number) == action)
    }

    /// The action of a signal, as a number.
    private static func action(of number: Int32) -> Int {
        let action = signal(number, SIG_DFL)
        _ = signal(number, action)
        return unsafeBitCast(action, to: Int.self)
    }

    @Test func everyWorkerOfTheProcessStops() async throws {
        try await Bench.run { bench in
            let workers = (0..<3).map { _ in bench.worker([Self.idle]) }
            let runs = workers.map { worker in Task { try await worker.run() } }
            try await eventually("the workers run") { try await bench.engine.workers().count == 3 }
            kill(getpid(), SIGTERM)
            for run in runs { try await run.value }
        }
    }

    @Test func workerWithoutSignalsLeavesThemAlone() async throws {
        let received = Recorder<String>()
        let watch = StopSignalWatch.start([.terminate]) { received.add($0) }
        defer { watch.end() }
        try await Bench.run { bench in
            var configuration = WorkerConfiguration(queues: [("default", 1)])
            configuration.stopSignals = []
            configuration.logger = nil
            let worker = Worker(configuration: configuration, gateway: bench.engine, handlers: [Self.idle])
            let run = Task { try await worker.run() }
            try await eventually("the worker runs") { try await !bench.engine.workers().isEmpty }
            kill(getpid(), SIGTERM)
            try await received.wait(for: "the signal arrives") { $0 == ["SIGTERM"] }
            #expect(!worker.isStopping)
            run.cancel()
            try await run.value
        }
    }

    @Test func endedWatchReceivesNothingMore() async throws {
        let (ended, received) = (Recorder<String>(), Recorder<String>())
        let first = StopSignalWatch.start([.terminate, .interrupt]) { ended.add($0) }
        let second = StopSignalWatch.start([.terminate]) { received.add($0) }
        defer { second.end() }
        first.end()
        first.end()
        kill(getpid(), SIGTERM)
        try await received.wait(for: "the signal arrives") { $0 == ["SIGTERM"] }
        #expect(ended.values.isEmpty)
    }

    @Test func runAfterAStopReturns() async throws {
        try await Bench.run { bench in
            let worker = bench.worker([Self.idle])
            await worker.shutdown(grace: .zero)
            try await worker.run()
        }
    }

    @Test func stopBeforeTheFirstCallLogsNoWarning() async throws {
        let notes = Recorder<Note>()
        try await Bench.run { bench in
            var configuration = WorkerConfiguration(queues: [("default", 1)])
            configuration.logger = notes
            let worker = Worker(configuration: configuration, gateway: bench.engine, handlers: [Self.idle])
            await worker.shutdown(grace: .zero)
        }
        #expect(notes.values.isEmpty)
    }

    @Test func workerNeedsAQueueAndAHandler() async throws {
        try await Bench.run { bench in
            let worker = bench.worker([])
            await #expect(throws: LonghaulError.self) { try await worker.run() }
            let other = Worker(
                configuration: WorkerConfiguration(queues: []), gateway: bench.engine, handlers: [Self.idle])
            await #expect(throws: LonghaulError.self) { try await other.run() }
        }
    }
}
