import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Testing

private struct Trip: DurableJob {
    static let kind = "trip"
    let effects: Effects
    var fails = true

    func run(_ payload: Int, in flow: Flow) async throws -> String {
        try await flow.step("book flight") { effects.add("book flight") }
        try await flow.compensate("cancel flight") { effects.add("cancel flight") }
        try await flow.step("book hotel") { effects.add("book hotel") }
        try await flow.compensate("cancel hotel") { effects.add("cancel hotel") }
        guard try await flow.signal("confirmed", as: Bool.self, within: .days(1)) ?? false else {
            throw JobFailure.permanent("not confirmed", type: "unconfirmed")
        }
        return "booked"
    }
}

@Suite struct CompensationTests {
    @Test func failureRunsCompensationsInReverse() async throws {
        let effects = Effects()
        let test = DurableTest()
        test.add(Trip(effects: effects))
        let job = try await test.submit(Trip.self, 0)
        let error = await #expect(throws: JobFailure.self) { try await job.result() }
        #expect(error?.error.type == "unconfirmed")
        #expect(effects.all == ["book flight", "book hotel", "cancel hotel", "cancel flight"])
        let ids = try await job.journal.map(\.id)
        #expect(
            ids == [
                "1", "compensation/1", "2", "compensation/2", "3", "failure", "compensate/2", "compensate/1",
            ])
    }

    @Test(arguments: [false, true])
    func operationThatTheServerRejectsRunsCompensations(isConcurrent: Bool) async throws {
        struct Caller: DurableJob {
            static let kind = "caller"
            let effects: Effects
            let isConcurrent: Bool
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                try await flow.step("book") { effects.add("book") }
                try await flow.compensate("cancel") { effects.add("cancel") }
                guard isConcurrent else { return try await flow.call(kind: "not a kind", 1, as: Int.self) }
                async let signal = flow.signal("never", as: Int.self)
                async let step: Void = flow.step("long") { try await Task.sleep(for: .seconds(100)) }
                async let child = flow.call(kind: "not a kind", 1, as: Int.self)
                try await step
                return try await signal + child
            }
        }
        try await DurableTest.crashEverywhere { test in
            let effects = Effects()
            test.add(Caller(effects: effects, isConcurrent: isConcurrent))
            let job = try await test.submit(Caller.self, 0)
            let error = await #expect(throws: JobFailure.self) { try await job.result() }
            #expect(error?.error.type == "invalid_request")
            #expect(error?.error.message.contains("kind") ?? false)
            #expect(effects.all.last == "cancel")
            let waits = try await job.journal.filter { $0.status == .waiting || $0.status == .started }
            #expect(waits.isEmpty)
        }
    }

    @Test func fullJournalRunsCompensations() async throws {
        struct Collector: DurableJob {
            static let kind = "collector"
            let effects: Effects
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                try await flow.compensate("early") { effects.add("early") }
                for _ in 0..<200 {
                    _ = try await flow.record("much") { String(repeating: "x", count: 200_000) }
                    try await flow.compensate("late") { effects.add("late") }
                }
                return 0
            }
        }
        let test = DurableTest()
        let effects = Effects()
        test.add(Collector(effects: effects))
        let job = try await test.submit(Collector.self, 0)
        let error = await #expect(throws: JobFailure.self) { try await job.result() }
        #expect(error?.error.type == "payload_too_large")
        #expect(effects.all.last == "early")
        #expect(effects.count(of: "late") >= 80)
        // A restart from there has room again.
        let failure = try #require(try await job.journal.first { $0.id == "failure" })
        #expect(failure.output?.description.contains("payload_too_large") == true)
    }

    @Test func successRunsNoCompensation() async throws {
        let effects = Effects()
        let test = DurableTest()
        test.add(Trip(effects: effects))
        let job = try await test.submit(Trip.self, 0)
        try await job.signal("confirmed", true)
        #expect(try await job.result() == "booked")
        #expect(effects.all == ["book flight", "book hotel"])
    }

    @Test func crashDuringFailureRunsAllCompensations() async throws {
        try await DurableTest.crashEverywhere { test in
            let effects = Effects()
            test.add(Trip(effects: effects))
            let job = try await test.submit(Trip.self, 0)
            try await job.signal("confirmed", false)
            await #expect(throws: JobFailure.self) { try await job.result() }
            #expect(try await job.job.state == .failed)
            let steps = try await job.journal.filter { $0.id.hasPrefix("compensate/") }
            #expect(steps.map(\.status) == [.succeeded, .succeeded])
            #expect(effects.count(of: "cancel hotel") <= 2)
        }
    }

    @Test func cancellationRunsCompensations() async throws {
        try await DurableTest.crashEverywhere { test in
            let effects = Effects()
            test.add(Trip(effects: effects))
            let job = try await test.submit(Trip.self, 0)
            try await job.run(untilSignal: "confirmed")
            try await job.cancel()
            #expect(try await job.job.isCancelling)
            await #expect(throws: CancellationError.self) { try await job.result() }
            #expect(try await job.job.state == .cancelled)
            #expect(effects.all.contains("cancel hotel"))
            #expect(effects.all.last == "cancel flight")
            #expect(try await job.journal.first { $0.name == "confirmed" }?.status == .cancelled)
        }
    }

    @Test func cancellationWhileAStepRunsUndoesWhatIsRecorded() async throws {
        struct Slow: DurableJob {
            static let kind = "slow"
            let test: DurableTest
            let effects: Effects
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                let id = flow.job.id
                try await flow.step("first") { effects.add("first") }
                try await flow.compensate("undo first") { effects.add("undo first") }
                try await flow.step("second") {
                    effects.add("second")
                    try await test.cancel(id)
                }
                return 1
            }
        }
        let effects = Effects()
        let test = DurableTest()
        test.add(Slow(test: test, effects: effects))
        let job = try await test.submit(Slow.self, 0)
        await #expect(throws: CancellationError.self) { try await job.result() }
        #expect(effects.all == ["first", "second", "undo first"])
    }

    @Test func failedCompensationFailsTheJobAfterTheOthers() async throws {
        struct Broken: DurableJob {
            static let kind = "broken"
            let effects: Effects
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                try await flow.compensate("first") { effects.add("first") }
                try await flow.compensate("second", retry: .never) { throw CocoaError(.fileNoSuchFile) }
                throw JobFailure.permanent("no luck")
            }
        }
        let effects = Effects()
        let test = DurableTest()
        test.add(Broken(effects: effects))
        let job = try await test.submit(Broken.self, 0)
        let error = await #expect(throws: JobFailure.self) { try await job.result() }
        #expect(error?.error.type == "compensation_failed")
        #expect(error?.error.message.hasPrefix("no luck; compensations failed: second") ?? false)
        #expect(effects.all == ["first"])
    }

    @Test func retriedCompensationWaitsWithoutAWorker() async throws {
        struct Stubborn: DurableJob {
            static let kind = "stubborn"
            let effects: Effects
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                try await flow.compensate("undo") {
                    effects.add("undo")
                    if effects.all.count < 3 { throw CocoaError(.fileNoSuchFile) }
                }
                throw JobFailure.permanent("no luck")
            }
        }
        let effects = Effects()
        let test = DurableTest()
        test.add(Stubborn(effects: effects))
        let job = try await test.submit(Stubborn.self, 0)
        await #expect(throws: JobFailure.self) { try await job.result() }
        #expect(effects.all.count == 3)
        #expect(try await job.job.attempt == 1)
    }

    @Test func failureOfAChildJobRunsCompensations() async throws {
        struct Parent: DurableJob {
            static let kind = "parent"
            let effects: Effects
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                try await flow.compensate("undo") { effects.add("undo") }
                return try await flow.call(kind: "child", payload, as: Int.self) { $0.spec.maxAttempts = 1 }
            }
        }
        let effects = Effects()
        let test = DurableTest()
        test.add(Parent(effects: effects))
        test.handle(kind: "child") { _ in throw JobFailure(type: "broken", message: "out of order") }
        let job = try await test.submit(Parent.self, 0)
        let error = await #expect(throws: JobFailure.self) { try await job.result() }
        #expect(error?.error.type == "broken")
        #expect(effects.all == ["undo"])
    }
}
