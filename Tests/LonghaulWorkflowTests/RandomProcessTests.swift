import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Testing

/// A part of a random process. Each leaf has a number of its own.
private indirect enum Part: Codable, Sendable {
    case step(Int, delay: Int, failures: Int)
    case sleep(Int)
    case signal(Int)
    case child(Int)
    case marker(Int)
    case sequence([Part])
    case parallel([Part])
    case map([Part], limit: Int)
    /// A race that the part wins against a long timer, a signal that does not come, and a child job that waits long.
    case race(Part)

    var leaves: [Part] {
        switch self {
        case .step, .sleep, .signal, .child, .marker: [self]
        case .sequence(let parts), .parallel(let parts), .map(let parts, _): parts.flatMap(\.leaves)
        case .race(let part): part.leaves
        }
    }

    /// The result of running the part.
    var value: Int {
        switch self {
        case .step(let number, _, _), .sleep(let number), .signal(let number), .child(let number),
            .marker(let number):
            number
        case .sequence(let parts), .parallel(let parts), .map(let parts, _): parts.reduce(0) { $0 + $1.value }
        case .race(let part): part.value
        }
    }

    static func random(depth: Int, _ count: inout Int, _ random: SeededRandom) -> Part {
        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
        if depth > 0, below(3) > 0 {
            let parts = (0..<(1 + below(3))).map { _ in Part.random(depth: depth - 1, &count, random) }
            switch below(5) {
            case 4: return .race(.sequence(parts))
            case 0: return .parallel(parts)
            case 1: return .map(parts, limit: 1 + below(3))
            default: return .sequence(parts)
            }
        }
        count += 1
        switch below(8) {
        case 0: return .sleep(count)
        case 1: return .signal(count)
        case 2: return .child(count)
        case 3: return .marker(count)
        default: return .step(count, delay: below(3), failures: below(6) == 0 ? 1 : 0)
        }
    }
}

private struct Doubled: JobKind {
    static let kind = "doubled"
    typealias Payload = Int
    typealias Output = Int
}

private struct RandomProcess: DurableJob {
    static let kind = "random"
    let effects: Effects

    func run(_ part: Part, in flow: Flow) async throws -> Int { try await run(part, flow) }

    private func run(_ part: Part, _ flow: Flow) async throws -> Int {
        switch part {
        case .step(let number, let delay, let failures):
            return try await flow.step("step \(number)") { step in
                try await Task.sleep(for: .milliseconds(delay))
                effects.add("step \(number)")
                if step.attempt <= failures { throw JobFailure(type: "busy", message: "busy") }
                return number
            }
        case .sleep(let number):
            try await flow.sleep(for: .seconds(Double(number)))
            return number
        case .signal(let number): return try await flow.signal("signal \(number)", as: Int.self)
        case .child(let number): return try await flow.call(Doubled.self, number)
        case .marker(let number): return try await flow.record("marker \(number)") { number }
        case .sequence(let parts):
            var sum = 0
            for part in parts { sum += try await run(part, flow) }
            return sum
        case .map(let parts, let limit):
            return try await flow.map("map", parts, concurrency: limit) { try await run($0, $1) }.reduce(0, +)
        case .parallel(let parts): return try await runTogether(parts, flow)
        case .race(let part):
            return try await flow.race(
                "race", { try await run(part, $0) },
                { flow in
                    try await flow.sleep(for: .days(900))
                    return 0
                }, { try await $0.signal("never", as: Int.self) },
                { try await $0.call(kind: "never", 0, as: Int.self) })
        }
    }

    /// Runs parts in a task group. The name of the last operation has the order in which they ended.
    private func runTogether(_ parts: [Part], _ flow: Flow) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for part in parts { group.addTask { try await run(part, flow) } }
            var order: [Int] = []
            while let value = try await group.next() { order.append(value) }
            let sum = order.reduce(0, +)
            return try await flow.record("order \(order)") { sum }
        }
    }
}

@Suite struct RandomProcessTests {
    @Test(arguments: 1...60)
    func randomProcessEndsRightAfterRandomCrashes(seed: UInt64) async throws {
        let random = SeededRandom(seed: seed)
        var count = 0
        let part = Part.sequence((0..<4).map { _ in Part.random(depth: 3, &count, random) })
        let effects = Effects()
        let test = DurableTest(seed: seed)
        test.add(RandomProcess(effects: effects))
        test.handle(Doubled.self) { $0 }
        for commit in 1...60 where random.next() % 4 == 0 {
            test.crash(at: random.next() % 2 == 0 ? .before(commit) : .after(commit))
        }
        let job = try await test.submit(RandomProcess.self, part) { $0.spec.maxAttempts = 100 }
        for case .signal(let number) in part.leaves {
            if random.next() % 2 == 0 { try await test.runReady() }
            try await job.signal("signal \(number)", number)
        }
        #expect(try await job.result() == part.value)
        let journal = try await job.journal
        for case .step(let number, _, _) in part.leaves {
            let steps = journal.filter { $0.name == "step \(number)" }
            #expect(steps.map(\.status) == [.succeeded])
        }
        let children = part.leaves.count { if case .child = $0 { true } else { false } }
        #expect(journal.count { $0.type == .job && $0.status == .succeeded } == children)
        try await Replay.check(RandomProcess(effects: Effects()), payload: part, journal: journal)
    }

    @Test(arguments: 100...104)
    func randomProcessEndsRightAfterACrashAtEachPoint(seed: UInt64) async throws {
        try await DurableTest.crashEverywhere { test in
            let random = SeededRandom(seed: seed)
            var count = 0
            let part = Part.sequence((0..<3).map { _ in Part.random(depth: 2, &count, random) })
            test.add(RandomProcess(effects: Effects()))
            test.handle(Doubled.self) { $0 }
            let job = try await test.submit(RandomProcess.self, part)
            for case .signal(let number) in part.leaves { try await job.signal("signal \(number)", number) }
            #expect(try await job.result() == part.value)
        }
    }

    @Test(arguments: 204...209)
    func randomProcessEndsRightFromEachOperation(seed: UInt64) async throws {
        let random = SeededRandom(seed: seed)
        var count = 0
        let part = Part.sequence((0..<3).map { _ in Part.random(depth: 3, &count, random) })
        let process = RandomProcess(effects: Effects())
        let test = DurableTest(seed: seed)
        test.add(process)
        test.handle(Doubled.self) { $0 }
        let job = try await test.submit(RandomProcess.self, part)
        try await test.runReady()
        // While it waits, and after its end.
        for isEnded in [false, true] {
            if isEnded {
                try await sendMissingSignals(of: part, to: job)
                #expect(try await job.result() == part.value)
            }
            for operation in try await job.journal {
                let copy = try await job.fork(from: operation.id)
                let journal = try await copy.journal
                #expect(
                    journal.map(\.id) == (try await job.journal.prefix(Int(operation.number) - 1).map(\.id)))
                try await Replay.check(process, payload: part, journal: journal)
                try await sendMissingSignals(of: part, to: copy)
                #expect(try await copy.result() == part.value)
            }
        }
        for _ in 0..<10 {
            let journal = try await job.journal
            let operation = journal[Int(random.next() % UInt64(journal.count))]
            try await job.restart(from: operation.id)
            try await Replay.check(process, payload: part, journal: try await job.journal)
            #expect(try await job.result() == part.value)
        }
    }

    /// Sends the signals that no operation has consumed.
    private func sendMissingSignals(of part: Part, to job: DurableTestJob<RandomProcess>) async throws {
        let received = try await job.journal.filter { $0.type == .signal && $0.status == .succeeded }
        for case .signal(let number) in part.leaves
        where !received.contains(where: { $0.name == "signal \(number)" }) {
            try await job.signal("signal \(number)", number)
        }
    }
}
