import Glibc
import LonghaulFlaws
import Synchronization

/// Runs many seeds on a few threads.
final class SeedRunner: Sendable {
    /// The results of all seeds.
    struct Summary: Sendable {
        var seeds = 0
        var jobs = 0
        var events = 0
        var steps = 0
        var faults: [String: Int] = [:]
        var replayed = 0
        /// The seeds that broke a rule, or did not repeat.
        var broken: [Simulation.Outcome] = []
    }

    private struct State {
        var next: UInt64
        var isOver = false
        var summary = Summary()
    }

    /// Of this number of seeds, two run twice. The second run must do the same.
    private static let replayEvery: UInt64 = 100
    /// The distance between seeds that run real workers; see ``WorkerSimulation``.
    private static let workersEvery: UInt64 = 5

    private let options: Options
    private let flaw: Flaw?
    private let state: Mutex<State>

    init(_ options: Options, flaw: Flaw?) {
        self.options = options
        self.flaw = flaw
        state = Mutex(State(next: options.from))
    }

    /// Runs the seeds. With a flaw, it stops at the first seed that finds it.
    func run() -> Summary {
        let threads = (0..<options.jobs).compactMap { _ in SimulationThread.start { self.work() } }
        for thread in threads { thread.join() }
        return state.withLock(\.summary)
    }

    private func work() {
        while let seed = take() {
            var outcome = run(seed)
            let isReplayed = flaw == nil && !options.isTraced && seed % Self.replayEvery < 2
            if isReplayed, run(seed).digest != outcome.digest {
                outcome.violations.append("the second run of the seed did something else")
            }
            add(outcome, isReplayed: isReplayed)
        }
    }

    /// Runs a seed. Some seeds run the real worker instead of the simulated ones.
    private func run(_ seed: UInt64) -> Simulation.Outcome {
        flaw == nil && options.store == .memory && seed % Self.workersEvery == 0
            ? WorkerSimulation(seed: seed, isPrinted: options.isTraced).run()
            : Simulation(seed: seed, store: options.store, flaw: flaw, isPrinted: options.isTraced).run()
    }

    private func take() -> UInt64? {
        state.withLock { state in
            guard !state.isOver, state.next - options.from < UInt64(options.seeds) else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func add(_ outcome: Simulation.Outcome, isReplayed: Bool) {
        state.withLock { state in
            state.summary.seeds += 1
            state.summary.jobs += outcome.jobs
            state.summary.events += outcome.events
            state.summary.steps += outcome.steps
            state.summary.faults.merge(outcome.faults, uniquingKeysWith: +)
            if isReplayed { state.summary.replayed += 1 }
            guard !outcome.violations.isEmpty else { return }
            state.summary.broken.append(outcome)
            // Ten broken seeds are enough to read. A flaw needs one.
            if flaw != nil || state.summary.broken.count >= 10 { state.isOver = true }
        }
    }
}

/// A thread with a join.
struct SimulationThread {
    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    private let thread: pthread_t

    /// Starts a thread that runs `body`; nil if the system cannot create one.
    static func start(_ body: @escaping @Sendable () -> Void) -> SimulationThread? {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Body(body))
        guard pthread_create(&thread, nil, enter, argument.toOpaque()) == 0 else {
            argument.release()
            return nil
        }
        return SimulationThread(thread: thread)
    }

    /// Waits until the body has returned.
    func join() {
        pthread_join(thread, nil)
    }

    private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        argument in
        guard let argument else { return nil }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
    }
}
