import LonghaulJSON
import LonghaulStates
import Testing

/// Runs random machines with random outcomes of their work.
struct RandomMachineTests {
    @Test(arguments: 0..<20) func historiesAreCompleteWhateverCrashes(group: UInt64) throws {
        for seed in group * 10..<group * 10 + 10 {
            var machine = RandomMachine(seed: seed + 1)
            let definition = machine.definition()
            let settings = InterpreterSettings(maxEventsPerStep: Int(seed % 7) + 1)
            let crashing = try RandomMachineTests.run(definition, seed: seed, crashes: true)
            let steady = try RandomMachineTests.run(definition, seed: seed, crashes: false)
            let short = try RandomMachineTests.run(definition, seed: seed, crashes: true, settings: settings)
            #expect(crashing == steady, "seed \(seed): \(definition)")
            RandomMachineTests.check(steady, seed: seed)
            RandomMachineTests.check(short, seed: seed)
        }
    }

    private static func run(
        _ definition: String, seed: UInt64, crashes: Bool,
        settings: InterpreterSettings = InterpreterSettings()
    ) throws -> [HistoryEvent] {
        var scenario = try Scenario(definition, input: "[1, 2, 3]", settings: settings)
        scenario.crashes = crashes
        var world = RandomWorld(seed: seed)
        try scenario.start()
        for redrives in 0...2 {
            try world.run(&scenario)
            #expect(scenario.snapshot.end != nil, "seed \(seed): \(definition)")
            guard redrives < 2, scenario.snapshot.status == .failed else { break }
            try scenario.step([.redriven])
        }
        return scenario.history
    }

    /// Checks what holds for every history.
    private static func check(_ history: [HistoryEvent], seed: UInt64) {
        #expect(history.map(\.id) == Array(1...history.count), "seed \(seed)")
        #expect(history.allSatisfy { $0.previousID < $0.id }, "seed \(seed)")
        let starts = history.filter { [.executionStarted, .executionRedriven].contains($0.type) }
        #expect(history.filter(\.endsExecution).count == starts.count, "seed \(seed)")
        #expect(history.last?.endsExecution == true, "seed \(seed)")
        guard history.last?.type == .executionSucceeded, starts.count == 1 else { return }
        var entered = 0
        for event in history {
            let type = event.type.rawValue
            if type.hasSuffix("StateEntered") { entered += 1 }
            if type.hasSuffix("StateExited") || type.hasSuffix("StateAborted") { entered -= 1 }
            if event.type == .failStateEntered { entered -= 1 }
        }
        // A Parallel or Map state that fails inside another one is not left.
        let failed = history.filter { [.parallelStateFailed, .mapStateFailed].contains($0.type) }
        #expect((0...failed.count).contains(entered), "seed \(seed)")
    }
}

/// Decides what the commands of an execution lead to.
private struct RandomWorld {
    private var agenda: [(time: Int64, event: ExecutionEvent)] = []
    /// The children of each map run that have not succeeded.
    private var children: [Int: Set<Int>] = [:]
    private var random: TestRandom

    init(seed: UInt64) {
        random = TestRandom(seed: seed + 1000)
    }

    /// Runs until the execution ends, or nothing happens any more.
    mutating func run(_ scenario: inout Scenario) throws {
        while true {
            while scenario.commands.contains(.proceed) {
                answer(scenario)
                try scenario.step([], after: 0)
            }
            answer(scenario)
            guard scenario.snapshot.status == .running,
                let next = agenda.indices.min(by: { agenda[$0].time < agenda[$1].time })
            else { return }
            let entry = agenda.remove(at: next)
            try scenario.step([entry.event], after: max(0, entry.time - scenario.time))
        }
    }

    private mutating func answer(_ scenario: Scenario) {
        for start in scenario.tasks {
            agenda.append((scenario.time + 1, .task(id: start.id, .started(worker: nil))))
            let isFailure = Int.random(in: 0..<6, using: &random) == 0
            let report: TaskReport =
                isFailure ? .failed(StateError(name: "T", cause: nil)) : .succeeded(output: .null)
            add(.task(id: start.id, report), scenario)
        }
        for timer in scenario.timers { agenda.append((timer.time, .timer(id: timer.id))) }
        for command in scenario.commands {
            switch command {
            case .startMapRun(let start): children[start.id] = []
            case .startChildren(let run, let starts):
                for start in starts { startChild(run, start.index, scenario) }
            case .redriveMapRun(let run):
                for index in (children[run] ?? []).sorted() { startChild(run, index, scenario) }
            default: break
            }
        }
    }

    private mutating func startChild(_ run: Int, _ index: Int, _ scenario: Scenario) {
        let isFailure = Int.random(in: 0..<4, using: &random) == 0
        if isFailure { children[run]?.insert(index) } else { children[run]?.remove(index) }
        add(
            .mapRun(
                id: run, .childEnded(index: index, isFailure ? .failed : .succeeded(output: .null))),
            scenario)
    }

    private mutating func add(_ event: ExecutionEvent, _ scenario: Scenario) {
        agenda.append((scenario.time + Int64.random(in: 2...4000, using: &random), event))
    }
}
