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

    var leaves: [Part] {
        switch self {
        case .step, .sleep, .signal, .child, .marker: [self]
        case .sequence(let parts), .parallel(let parts), .map(let parts, _): parts.flatMap(\.leaves)
        }
    }

    /// The result of running the part.
    var value: Int {
        switch self {
        case .step(let number, _, _), .sleep(let number), .signal(let number), .child(let number),
            .marker(let number):
            number
        case .sequence(let parts), .parallel(let parts), .map(let parts, _): parts.reduce(0) { $0 + $1.value }
        }
    }

    static func random(depth: Int, _ count: inout Int, _ random: SeededRandom) -> Part {
        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
        if depth > 0, below(3) > 0 {
            let parts = (0..<(1 + below(3))).map { _ in Part.random(depth: depth - 1, &count, random) }
            switch below(4) {
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
        #expect(try await job.job.childrenCount == children)
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
}
