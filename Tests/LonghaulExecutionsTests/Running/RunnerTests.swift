import LonghaulCore
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import LonghaulWorker
import Synchronization
import Testing

/// Executions on a store.
struct RunnerTests {
    static let function = "arn:aws:lambda:us-east-1:000000000000:function:"

    @Test func passMachineEndsInOneStep() async throws {
        let test = ExecutionTest()
        let arn = try await test.run(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 1, "End": true}}}"#)
        let description = try await test.describe(arn)
        #expect(description["status"] == .string("SUCCEEDED"))
        #expect(description["output"] == .string("1"))
        #expect(
            try await test.types(arn) == [
                "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
            ])
        // The definition is in the cache, and the lease has the reports.
        #expect(test.crashes.calls == 1)
    }

    @Test func functionRunsAsJobOfItsName() async throws {
        let test = ExecutionTest()
        test.handle("double") { job in
            // The state decides on retries.
            #expect(job.spec.maxAttempts == 1)
            let number = try StateValue(job.spec.payload)["n"]?.number?.int64 ?? 0
            return JSONText(validated: Array("\(2 * number)".utf8))
        }
        let arn = try await test.run(
            #"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "\#(Self.function)double", "End": true}}}"#,
            input: #"{"n": 21}"#)
        #expect(try await test.describe(arn)["output"] == .string("42"))
        #expect(
            try await test.types(arn) == [
                "ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted",
                "LambdaFunctionSucceeded", "TaskStateExited", "ExecutionSucceeded",
            ])
    }

    @Test func errorOfJobIsCaughtByItsType() async throws {
        let test = ExecutionTest()
        test.handle("f") { _ in throw JobFailure(type: "Boom", message: "no luck") }
        let arn = try await test.run(
            #"""
            {"StartAt": "A", "States": {
              "A": {"Type": "Task", "Resource": "\#(Self.function)f",
                "Catch": [{"ErrorEquals": ["Boom"], "Next": "B"}], "End": true},
              "B": {"Type": "Pass", "End": true}}}
            """#)
        #expect(
            try await test.describe(arn)["output"]
                == .string(
                    #"{"Error":"Boom","Cause":"{\"errorMessage\":\"no luck\",\"errorType\":\"Boom\"}"}"#))
    }

    @Test func serversTakeTurns() async throws {
        let test = ExecutionTest()
        test.addServer()
        test.handle("f") { job in JSONText(validated: job.spec.payload.bytes) }
        let states = (0..<6).map {
            #""S\#($0)": {"Type": "Task", "Resource": "\#(Self.function)f", "Next": "\#($0 == 5 ? "E" : "S\($0 + 1)")"}"#
        }
        let arn = try await test.run(
            #"{"StartAt": "S0", "States": {\#(states.joined(separator: ",")), "E": {"Type": "Succeed"}}}"#,
            input: "[1]")
        #expect(try await test.describe(arn)["output"] == .string("[1]"))
        let ids = try await test.history(arn).map { $0["id"] }
        #expect(ids == ids.indices.map { .integer($0 + 1) })
        #expect(ids.count == 34)
    }

    @Test func tooLargeStateFailsTheExecution() async throws {
        var settings = ExecutionSettings()
        settings.executions.stateBytes = 200_000
        let text = String(repeating: "x", count: 10_000)
        let definition = #"""
            {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ResultPath": null, "ItemProcessor":
              {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "\#(text)", "Next": "B"},
                "B": {"Type": "Wait", "Seconds": 1, "End": true}}}}}}
            """#
        let small = ExecutionTest(settings)
        #expect(try await small.describe(try await small.run(definition, input: "[1, 2]"))["error"] == nil)
        let large = ExecutionTest(settings)
        let arn = try await large.run(definition, input: "\(Array(0..<100))")
        #expect(try await large.describe(arn)["error"] == .string("States.DataLimitExceeded"))
        #expect(try await large.types(arn).last == "ExecutionFailed")
    }

    @Test func stateRetriesWithNewJobs() async throws {
        let test = ExecutionTest()
        let count = Counter()
        test.handle("f") { _ in
            guard count.next() == 3 else { throw JobFailure(type: "Boom", message: "") }
            return .null
        }
        let arn = try await test.run(
            #"""
            {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "\#(Self.function)f", "End": true,
              "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 3}]}}}
            """#)
        #expect(try await test.describe(arn)["status"] == .string("SUCCEEDED"))
        #expect(count.value == 3)
    }

    @Test func waitsSkipToTheirTimers() async throws {
        let test = ExecutionTest()
        let start = test.clock.now()
        let arn = try await test.run(
            #"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": true}}}"#)
        #expect(try await test.describe(arn)["status"] == .string("SUCCEEDED"))
        #expect(test.clock.now().seconds(since: start) == 3600)
    }

    @Test func stopAbortsWithErrorAndCause() async throws {
        let test = ExecutionTest()
        let machine = try await test.create(
            "m", #"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": true}}}"#)
        let arn = try await test.start(machine)
        try await test.runReady()
        async let stopped = test.call(
            "StopExecution",
            [("executionArn", .string(arn)), ("error", .string("E")), ("cause", .string("C"))])
        while try await test.describe(arn)["status"] == .string("RUNNING") {
            try await test.runReady()
            try await Task.sleep(for: .milliseconds(1))
        }
        _ = try await stopped
        let description = try await test.describe(arn)
        #expect(description["status"] == .string("ABORTED"))
        #expect(description["error"] == .string("E"))
        #expect(try await test.types(arn).last == "ExecutionAborted")
    }
}

/// Counts.
final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
