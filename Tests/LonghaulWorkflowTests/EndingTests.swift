import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Testing

@Suite struct EndingTests {
    @Test func continueAsNewBeginsWithAnEmptyJournal() async throws {
        struct Monthly: DurableJob {
            static let kind = "monthly"
            let effects: Effects
            func run(_ month: Int, in flow: Flow) async throws -> Int {
                try await flow.step("report") { effects.add("report \(month)") }
                if month == 3 { return month }
                try await flow.sleep(for: .days(30))
                try await flow.continueAsNew(month + 1)
            }
        }
        try await DurableTest.crashEverywhere { test in
            let effects = Effects()
            test.add(Monthly(effects: effects))
            let job = try await test.submit(Monthly.self, 1)
            #expect(try await job.result() == 3)
            #expect(Set(effects.all) == ["report 1", "report 2", "report 3"])
            #expect(try await job.journal.count == 1)
        }
    }

    @Test func logAndProgressAreNotRepeatedAtAReplay() async throws {
        struct Talker: DurableJob {
            static let kind = "talker"
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                flow.log("one")
                try await flow.sleep(for: .days(1))
                flow.log("two")
                try await flow.step("step") {}
                flow.log("three")
                try await flow.sleep(for: .days(1))
                flow.log("four")
                return 1
            }
        }
        let test = DurableTest()
        test.add(Talker())
        #expect(try await test.submit(Talker.self, 0).result() == 1)
        #expect(test.log == ["one", "two", "three", "four"])
    }

    @Test func codeThatCatchesEverythingEnds() async throws {
        struct Stubborn: DurableJob {
            static let kind = "stubborn"
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                while true {
                    do {
                        return try await flow.signal("go", as: Int.self)
                    } catch {}
                }
            }
        }
        let test = DurableTest()
        test.add(Stubborn())
        let job = try await test.submit(Stubborn.self, 0)
        try await test.runReady()
        #expect(try await job.job.state == .suspended)
        try await job.signal("go", 5)
        #expect(try await job.result() == 5)
    }

    @Test func payloadOfAnotherFormFailsTheJob() async throws {
        struct Strict: DurableJob {
            static let kind = "strict"
            struct Payload: Codable, Sendable { var count: Int }
            func run(_ payload: Payload, in flow: Flow) async throws -> Int { payload.count }
        }
        let test = DurableTest()
        test.add(Strict())
        let job = try await test.submit(Strict.self, .init(count: 1)) { $0.spec.payload = .null }
        let error = await #expect(throws: JobFailure.self) { try await job.result() }
        #expect(error?.error.type == "invalid_payload")
        #expect(try await job.job.attempt == 1)
    }

    @Test func invalidChildJobFailsTheJob() async throws {
        struct Caller: DurableJob {
            static let kind = "caller"
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                try await flow.call(kind: "not a kind", 1, as: Int.self)
            }
        }
        let test = DurableTest()
        test.add(Caller())
        let error = await #expect(throws: JobFailure.self) {
            try await test.submit(Caller.self, 0).result()
        }
        #expect(error?.error.type == "invalid_request")
        #expect(error?.error.message.contains("kind") ?? false)
    }

    @Test func durableJobCallsAnother() async throws {
        struct Inner: DurableJob {
            static let kind = "inner"
            func run(_ number: Int, in flow: Flow) async throws -> Int {
                try await flow.sleep(for: .hours(1))
                return number + 1
            }
        }
        struct Outer: DurableJob {
            static let kind = "outer"
            func run(_ number: Int, in flow: Flow) async throws -> Int {
                let first = try await flow.call(Inner.self, number)
                return try await flow.call(Inner.self, first) { $0.spec.queue = "other" }
            }
        }
        try await DurableTest.crashEverywhere { test in
            test.add(Inner())
            test.add(Outer())
            let job = try await test.submit(Outer.self, 1)
            #expect(try await job.result() == 3)
            #expect(try await job.job.childrenCount == 2)
        }
    }

    /// A process that records values of a size, and counts those that it receives again after a wait.
    private struct Many: DurableJob {
        static let kind = "many"
        let bytes: Int
        func run(_ count: Int, in flow: Flow) async throws -> Int {
            var right = 0
            for number in 0..<count {
                let text = String(repeating: "x", count: bytes) + "\(number)"
                if try await flow.record("text", { text }) == text { right += 1 }
            }
            try await flow.sleep(for: .seconds(1))
            return right
        }
    }

    /// With large values, a page ends before its maximum number of operations.
    @Test(arguments: [0, 4000]) func longJournalIsReadInPages(bytes: Int) async throws {
        let count = JournalPage.leaseCount + JournalPage.followingCount * 5
        let test = DurableTest()
        test.add(Many(bytes: bytes))
        let job = try await test.submit(Many.self, count)
        #expect(try await job.result() == count)
        #expect(try await job.journal.count == count + 1)
    }
}
