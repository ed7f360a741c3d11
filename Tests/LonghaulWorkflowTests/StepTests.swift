import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Synchronization
import Testing

private struct Greeting: DurableJob {
    static let kind = "greeting"
    let effects: Effects

    func run(_ name: String, in flow: Flow) async throws -> String {
        let text = try await flow.step("compose") {
            effects.add("compose")
            return "Hello, \(name)"
        }
        try await flow.step("send") { effects.add("send \(text)") }
        return text
    }
}

private struct Flaky: DurableJob {
    static let kind = "flaky"
    let effects: Effects
    var retry = StepRetry.standard
    var timeout: Duration?
    let work: @Sendable (StepContext) async throws -> Int

    func run(_ name: String, in flow: Flow) async throws -> String {
        do {
            return "\(try await flow.step("work", retry: retry, timeout: timeout, work))"
        } catch let error as StepError {
            return "\(error.error.type) after \(effects.all.count)"
        }
    }
}

@Suite struct StepTests {
    @Test func stepsRunInOrderAndEachOnce() async throws {
        let effects = Effects()
        let test = DurableTest()
        test.add(Greeting(effects: effects))
        let job = try await test.submit(Greeting.self, "Ada")
        #expect(try await job.result() == "Hello, Ada")
        #expect(effects.all == ["compose", "send Hello, Ada"])
        let journal = try await job.journal
        #expect(journal.map(\.id) == ["1", "2"])
        #expect(journal.map(\.name) == ["compose", "send"])
        #expect(journal.allSatisfy { $0.status == .succeeded && $0.type == .step })
        #expect(journal[0].output?.description == "\"Hello, Ada\"")
        // The end of a step and the start of the next one are one commit.
        #expect(test.commitCount == 4)
    }

    @Test func recordedStepsDoNotRunAgainAfterACrash() async throws {
        try await DurableTest.crashEverywhere { test in
            let effects = Effects()
            test.add(Greeting(effects: effects))
            let job = try await test.submit(Greeting.self, "Ada")
            #expect(try await job.result() == "Hello, Ada")
            #expect(effects.count(of: "compose") <= 2)
            #expect(try await job.journal.count == 2)
        }
    }

    @Test func failedStepIsRetriedAfterADelay() async throws {
        let effects = Effects()
        let test = DurableTest()
        test.add(
            Flaky(effects: effects) { step in
                effects.add("\(step.attempt)")
                if step.attempt < 4 { throw JobFailure(type: "busy", message: "busy") }
                return step.attempt
            })
        let start = test.now
        let job = try await test.submit(Flaky.self, "")
        #expect(try await job.result() == "4")
        #expect(effects.all == ["1", "2", "3", "4"])
        #expect(test.now.timeIntervalSince(start) == 1 + 2 + 4)
        #expect(try await job.job.attempt == 1)
    }

    @Test func stepFailsWhenNoAttemptIsLeft() async throws {
        let effects = Effects()
        let test = DurableTest()
        test.add(
            Flaky(effects: effects, retry: StepRetry(maxAttempts: 3)) { _ in
                effects.add("attempt")
                throw JobFailure(type: "busy", message: "busy")
            })
        #expect(try await test.submit(Flaky.self, "").result() == "busy after 3")
    }

    @Test func permanentErrorIsNotRetried() async throws {
        let effects = Effects()
        let test = DurableTest()
        test.add(
            Flaky(effects: effects) { _ in
                effects.add("attempt")
                throw JobFailure.permanent("declined", type: "declined")
            })
        #expect(try await test.submit(Flaky.self, "").result() == "declined after 1")
    }

    @Test func stepThatTakesTooLongIsCancelledAndFails() async throws {
        let effects = Effects()
        let test = DurableTest()
        test.add(
            Flaky(effects: effects, retry: .never, timeout: .milliseconds(20)) { _ in
                effects.add("attempt")
                try await Task.sleep(for: .seconds(60))
                return 1
            })
        #expect(try await test.submit(Flaky.self, "").result() == "timeout after 1")
    }

    @Test func outputBeyondTheLimitFailsTheStep() async throws {
        struct Large: DurableJob {
            static let kind = "large"
            func run(_ size: Int, in flow: Flow) async throws -> String {
                do {
                    _ = try await flow.step("read") { String(repeating: "x", count: size) }
                    return "recorded"
                } catch let error as StepError {
                    return error.error.type
                }
            }
        }
        let test = DurableTest()
        test.add(Large())
        #expect(try await test.submit(Large.self, 300_000).result() == "output_too_large")
        #expect(try await test.submit(Large.self, 200_000).result() == "recorded")
    }

    @Test func stubReplacesTheWorkOfAStep() async throws {
        let effects = Effects()
        let test = DurableTest()
        test.add(Greeting(effects: effects))
        test.stub(step: "compose") { _ in "stubbed" }
        #expect(try await test.submit(Greeting.self, "Ada").result() == "stubbed")
        #expect(effects.all == ["send stubbed"])
    }

    @Test func errorOutsideOfStepsIsRetriedByTheJob() async throws {
        struct Unlucky: DurableJob {
            static let kind = "unlucky"
            let effects: Effects
            func run(_ payload: Int, in flow: Flow) async throws -> Int {
                try await flow.step("first") { effects.add("first") }
                effects.add("code")
                if effects.count(of: "code") < 3 { throw CocoaError(.fileNoSuchFile) }
                return payload
            }
        }
        let effects = Effects()
        let test = DurableTest()
        test.add(Unlucky(effects: effects))
        let job = try await test.submit(Unlucky.self, 7)
        #expect(try await job.result() == 7)
        #expect(effects.count(of: "first") == 1)
        #expect(try await job.job.attempt == 3)
    }
}
