import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import LonghaulTestSupport
import LonghaulWorker
import Testing

/// Tests of Task states whose work is done.
struct StateTestWorkTests {
    private let test = ExecutionTest()

    private func call(_ definition: String) async throws -> StateObject {
        try await test.call(
            "TestState",
            [
                ("definition", .string(definition)),
                ("roleArn", .string("arn:aws:iam::000000000000:role/any")),
                ("input", .string(#"{"a": 1}"#)),
            ])
    }

    /// Calls, and lets a worker run jobs until the call has ended.
    private func callWithWorker(_ definition: String) async throws -> StateObject {
        async let output = call(definition)
        let isDone = Shared(false)
        let worker = Task {
            while !isDone.value {
                try await test.runReady()
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        defer { isDone.withLock { $0 = true } }
        let found = try await output
        isDone.withLock { $0 = true }
        try await worker.value
        return found
    }

    private static let function = #"""
        {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "End": true,
         "ResultPath": "$.result"}
        """#

    @Test func workIsDoneByAWorker() async throws {
        test.handle("f") { job in job.spec.payload }
        let output = try await callWithWorker(StateTestWorkTests.function)
        #expect(output["output"] == .string(#"{"a":1,"result":{"a":1}}"#))
        #expect(output["status"] == .string("SUCCEEDED"))
    }

    @Test func errorOfAWorkerIsTheErrorOfTheState() async throws {
        test.handle("f") { _ in throw JobFailure(type: "Broken", message: "no paper", retryable: false) }
        let output = try await callWithWorker(StateTestWorkTests.function)
        #expect(output["status"] == .string("FAILED"))
        #expect(output["error"] == .string("Broken"))
        #expect(output["cause"]?.string?.contains("no paper") == true)
    }

    @Test func workThatTakesTooLongIsCancelled() async throws {
        async let output = call(StateTestWorkTests.function)
        try await eventually("the job is submitted") { try await !jobs(.pending).isEmpty }
        try await eventually("the test ends") {
            test.clock.skip(to: test.clock.now().adding(seconds: 301))
            return try await !jobs(.cancelled).isEmpty
        }
        #expect(try await output["status"] == .string("FAILED"))
        #expect(try await output["error"] == .string("States.Timeout"))
    }

    private func jobs(_ state: JobState) async throws -> [Job] {
        var filter = JobFilter()
        filter.states = [state]
        return try await test.engine.jobs(filter, after: nil, limit: 10).jobs
    }
}
