import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Synchronization
import Testing

/// Three chains of steps side by side; the steps of the first run take different times.
private struct Chains: DurableJob {
    static let kind = "chains"
    let effects: Effects
    let delays: [Int]

    func run(_ payload: Int, in flow: Flow) async throws -> [String] {
        let order = Effects()
        async let first: Void = chain("a", 0, flow, order)
        async let second: Void = chain("b", 1, flow, order)
        async let third: Void = chain("c", 2, flow, order)
        _ = try await (first, second, third)
        try await flow.sleep(for: .seconds(1))
        return order.all
    }

    private func chain(_ name: String, _ index: Int, _ flow: Flow, _ order: Effects) async throws {
        for step in 0..<3 {
            let delay = delays[(index * 3 + step) % delays.count]
            try await flow.step("\(name)\(step)") {
                try await Task.sleep(for: .milliseconds(delay))
                effects.add("\(name)\(step)")
            }
            order.add("\(name)\(step)")
        }
    }
}

@Suite struct ConcurrencyTests {
    @Test(arguments: [[1, 9, 4, 7, 2, 8], [9, 1, 1], [5, 5, 5], [1, 20, 3, 2, 11, 1, 7]])
    func tasksInterleaveInTheSameOrderAtEachReplay(delays: [Int]) async throws {
        let test = DurableTest()
        let effects = Effects()
        test.add(Chains(effects: effects, delays: delays))
        let job = try await test.submit(Chains.self, 0)
        try await test.runReady()
        #expect(try await job.job.state == .suspended)
        let order = try await job.result()
        // The order in which the second run received the outcomes is that of the effects of the first.
        #expect(order.sorted() == effects.all.sorted())
        #expect(order.count == 9)
        try await Replay.check(
            Chains(effects: Effects(), delays: [1]), payload: 0, journal: try await job.journal)
    }

    @Test func chainsEndWithTheRightResultAfterEachCrash() async throws {
        try await DurableTest.crashEverywhere { test in
            let effects = Effects()
            test.add(Chains(effects: effects, delays: [3, 1, 2, 0]))
            let job = try await test.submit(Chains.self, 0)
            #expect(try await job.result().count == 9)
            let steps = try await job.journal.filter { $0.type == .step }
            #expect(steps.count == 9)
            #expect(Set(steps.map(\.name)).count == 9)
        }
    }

    @Test func mapKeepsTheOrderAndTheLimit() async throws {
        struct Fan: DurableJob {
            static let kind = "fan"
            let running = Shared()
            func run(_ count: Int, in flow: Flow) async throws -> [Int] {
                try await flow.map("square", Array(0..<count), concurrency: 3) { number, flow in
                    let square = try await flow.step("square") {
                        running.enter()
                        try await Task.sleep(for: .milliseconds((number * 7) % 5))
                        running.leave()
                        return number * number
                    }
                    try await flow.step("report") {}
                    return square
                }
            }
        }
        let test = DurableTest()
        let fan = Fan()
        test.add(fan)
        let job = try await test.submit(Fan.self, 12)
        #expect(try await job.result() == (0..<12).map { $0 * $0 })
        #expect(fan.running.most <= 3)
        let journal = try await job.journal
        #expect(journal[0].type == .group)
        #expect(journal[0].status == .succeeded)
        #expect(journal.first { $0.id == "1.12.2" }?.name == "report")
        #expect(journal.first { $0.id == "1.12.2" }?.parentID == "1")
        try await Replay.check(Fan(), payload: 12, journal: journal)
    }

    @Test func mapOfChildJobsWaitsForAll() async throws {
        struct Double: JobKind {
            static let kind = "double"
            typealias Payload = Int
            typealias Output = Int
        }
        struct Fan: DurableJob {
            static let kind = "fan"
            func run(_ count: Int, in flow: Flow) async throws -> Int {
                try await flow.map("double", Array(0..<count)) { try await $1.call(Double.self, $0) }.reduce(
                    0, +)
            }
        }
        try await DurableTest.crashEverywhere { test in
            let effects = Effects()
            test.add(Fan())
            test.handle(Double.self) { number in
                effects.add("\(number)")
                return number * 2
            }
            let job = try await test.submit(Fan.self, 5)
            #expect(try await job.result() == 20)
            #expect(try await job.job.childrenCount == 5)
        }
    }

    @Test func raceCancelsTheLosers() async throws {
        struct Race: DurableJob {
            static let kind = "race"
            func run(_ payload: Int, in flow: Flow) async throws -> String {
                let winner = try await flow.race(
                    "payment",
                    { flow in
                        try await flow.sleep(for: .days(14))
                        return "late"
                    },
                    { flow in try await flow.signal("paid", as: String.self) },
                    { flow in try await flow.call(kind: "dunning", 1, as: String.self) })
                try await flow.sleep(for: .seconds(5))
                return winner
            }
        }
        try await DurableTest.crashEverywhere { test in
            test.add(Race())
            let job = try await test.submit(Race.self, 0)
            try await test.runReady()
            try await job.signal("paid", "cash")
            #expect(try await job.result() == "cash")
            let journal = try await job.journal
            #expect(journal.first { $0.id == "1.1.1" }?.status == .cancelled)
            #expect(journal.first { $0.id == "1.3.1" }?.status == .cancelled)
            #expect(journal.first { $0.id == "1" }?.status == .succeeded)
        }
    }

    @Test func raceStopsASlowStep() async throws {
        struct Race: DurableJob {
            static let kind = "race"
            let effects: Effects
            func run(_ payload: Int, in flow: Flow) async throws -> String {
                try await flow.race(
                    "race",
                    { flow in
                        try await flow.step("slow") {
                            do {
                                try await Task.sleep(for: .seconds(60))
                            } catch {
                                effects.add("stopped")
                                throw error
                            }
                        }
                        return "slow"
                    },
                    { flow in
                        try await flow.step("fast") { try await Task.sleep(for: .milliseconds(5)) }
                        return "fast"
                    })
            }
        }
        let effects = Effects()
        let test = DurableTest()
        test.add(Race(effects: effects))
        let job = try await test.submit(Race.self, 0)
        #expect(try await job.result() == "fast")
        #expect(effects.all == ["stopped"])
        #expect(try await job.journal.first { $0.name == "slow" }?.error?.type == "step_cancelled")
    }

    @Test func signalArrivesWhileAStepRuns() async throws {
        struct Watcher: DurableJob {
            static let kind = "watcher"
            let test: DurableTest
            func run(_ payload: Int, in flow: Flow) async throws -> String {
                let id = flow.job.id
                return try await flow.race(
                    "race",
                    { flow in
                        try await flow.step("long") {
                            try await test.signal(id, "stop", 1)
                            try await Task.sleep(for: .seconds(60))
                        }
                        return "step"
                    },
                    { flow in
                        _ = try await flow.signal("stop", as: Int.self)
                        return "signal"
                    })
            }
        }
        let test = DurableTest()
        test.add(Watcher(test: test))
        #expect(try await test.submit(Watcher.self, 0).result() == "signal")
    }
}

/// Counts how many enter at the same time.
final class Shared: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var most: Int { state.withLock(\.most) }

    func enter() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }
}
