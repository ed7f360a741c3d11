import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Testing

private struct Approval: DurableJob {
    static let kind = "approval"

    func run(_ seconds: Int, in flow: Flow) async throws -> String {
        let answer = try await flow.signal("approved", as: Bool.self, within: .seconds(Double(seconds)))
        return answer.map { $0 ? "approved" : "refused" } ?? "timed out"
    }
}

@Suite struct WaitTests {
    @Test func sleepHoldsNoWorkerAndTakesItsTime() async throws {
        struct Sleeper: DurableJob {
            static let kind = "sleeper"
            func run(_ payload: Int, in flow: Flow) async throws -> Double {
                let start = try await flow.now()
                try await flow.sleep(for: .days(30))
                try await flow.sleep(until: start.addingTimeInterval(86_400 * 31))
                try await flow.sleep(until: start)
                return try await flow.now().timeIntervalSince(start)
            }
        }
        let test = DurableTest()
        test.add(Sleeper())
        let job = try await test.submit(Sleeper.self, 0)
        try await test.runReady()
        #expect(try await job.job.state == .suspended)
        #expect(try await job.job.waitsFor.first?.type == .timer)
        #expect(try await job.result() == 86_400 * 31)
        #expect(try await job.job.attempt == 1)
    }

    @Test func earlySignalIsConsumedAtOnce() async throws {
        let test = DurableTest()
        test.add(Approval())
        let job = try await test.submit(Approval.self, 60)
        try await job.signal("approved", true)
        #expect(try await job.result() == "approved")
    }

    @Test func lateSignalWakesTheJob() async throws {
        try await DurableTest.crashEverywhere { test in
            test.add(Approval())
            let job = try await test.submit(Approval.self, 60)
            try await job.run(untilSignal: "approved")
            try await job.signal("approved", false)
            #expect(try await job.result() == "refused")
        }
    }

    @Test func missingSignalTimesOut() async throws {
        let test = DurableTest()
        test.add(Approval())
        let job = try await test.submit(Approval.self, 60)
        let start = test.now
        #expect(try await job.result() == "timed out")
        #expect(test.now.timeIntervalSince(start) == 60)
    }

    @Test func waitAfterASignalThatHadATimeLimitEnds() async throws {
        struct Patient: DurableJob {
            static let kind = "patient"
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                let number = try await flow.signal("number", as: Int.self, within: .hours(1)) ?? 0
                try await flow.sleep(for: .days(1))
                return number
            }
        }
        let test = DurableTest()
        test.add(Patient())
        let start = test.now
        let job = try await test.submit(Patient.self, 0)
        try await test.runReady()
        try await job.signal("number", 3)
        #expect(try await job.result() == 3)
        #expect(test.now.timeIntervalSince(start) == 86_400)
    }

    @Test func signalsAreConsumedInOrder() async throws {
        struct Collector: DurableJob {
            static let kind = "collector"
            func run(_ count: Int, in flow: Flow) async throws -> [Int] {
                var numbers: [Int] = []
                for _ in 0..<count { numbers.append(try await flow.signal("number", as: Int.self)) }
                return numbers
            }
        }
        let test = DurableTest()
        test.add(Collector())
        let job = try await test.submit(Collector.self, 4)
        for number in [1, 2] { try await job.signal("number", number) }
        try await test.runReady()
        for number in [3, 4] { try await job.signal("number", number) }
        #expect(try await job.result() == [1, 2, 3, 4])
    }

    @Test func tokenOfAnOpenSignalIsUsedInAStep() async throws {
        struct Linked: DurableJob {
            static let kind = "linked"
            let effects: Effects
            func run(_ payload: Int, in flow: Flow) async throws -> Int? {
                let number = try await flow.openSignal("number", as: Int.self, within: .hours(1))
                try await flow.step("send link") { effects.add("\(number.token)") }
                return try await number.valueInTime()
            }
        }
        try await DurableTest.crashEverywhere { test in
            let effects = Effects()
            test.add(Linked(effects: effects))
            let job = try await test.submit(Linked.self, 0)
            try await job.run(untilSignal: "number")
            try await test.runReady()
            let token = try #require(try await job.signalToken("number"))
            #expect(Set(effects.all) == ["\(token)"])
            try await test.signal(token, 42)
            #expect(try await job.result() == 42)
        }
    }

    @Test func jobWithoutSignalIsReportedAsBlocked() async throws {
        struct Forever: DurableJob {
            static let kind = "forever"
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                try await flow.signal("never", as: Int.self)
            }
        }
        let test = DurableTest()
        test.add(Forever())
        let job = try await test.submit(Forever.self, 0)
        let error = await #expect(throws: DurableTestBlocked.self) { try await job.result() }
        #expect(error?.description.contains("signal \"never\"") ?? false)
    }
}
